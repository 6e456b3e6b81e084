"""Scripts taken apart: semicolons, comments and hints."""

from __future__ import annotations

import pytest

from rvbbit.errors import SQLSyntaxError
from rvbbit.packing import Pack
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import Hints, split


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ("a; b", ["a", "b"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ('SELECT "a;b"; SELECT 2', ['SELECT "a;b"', "SELECT 2"]),
        ("SELECT $$;$$; SELECT $x$ ; $x$", ["SELECT $$;$$", "SELECT $x$ ; $x$"]),
        ("SELECT 1 -- ; no\n; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT /* ; */ 1; ", ["SELECT /* ; */ 1"]),
        ("SELECT 'it''s; fine';", ["SELECT 'it''s; fine'"]),
        ("", []),
        (" ;; \n;", []),
        ("-- only a comment", []),
    ],
)
def test_semicolons_split_only_between_statements(script: str, texts: list[str]) -> None:
    assert [statement.text for statement in split(script)] == texts


@pytest.mark.parametrize("script", ["SELECT 'open; SELECT 2", 'SELECT "open; SELECT 2'])
def test_what_cannot_be_cut_is_handed_on_whole(script: str, grammar: Grammar) -> None:
    (statement,) = split(script)
    assert statement.text == script
    assert not statement.may_be_semantic(grammar)


def test_each_statement_knows_the_line_it_starts_on() -> None:
    assert [statement.line for statement in split("SELECT 1;\n\n SELECT\n 2; SELECT 3")] == [1, 3, 4]


@pytest.mark.parametrize(
    ("text", "semantic"),
    [
        ("SELECT text MEANS 'x' FROM t", True),
        ("SELECT text means 'x' FROM t", True),
        ("SELECT classify (text, 'a') FROM t", True),
        ("SELECT classify FROM t", False),
        ("SELECT 'text MEANS x'", False),
        ('SELECT "means" FROM t', False),
        ("SELECT 1 -- text MEANS 'x'", False),
        ("SELECT $$a MEANS b$$", False),
        ("SELECT id FROM t", False),
    ],
)
def test_only_unquoted_words_can_make_a_statement_semantic(grammar: Grammar, text: str, semantic: bool) -> None:
    (statement,) = split(text)
    assert statement.may_be_semantic(grammar) is semantic


def test_hints_reach_the_whole_statement_or_the_next_operator() -> None:
    (statement,) = split("-- @@ budget: 0.5\nSELECT\n-- @ model: a:b\ntext MEANS 'x' FROM t")
    whole, local = statement.hints()
    assert whole == Hints(budget=0.5)
    assert [hint for _, hint in local] == [Hints(model="a:b")]
    assert local[0][0] <= statement.text.index("MEANS")


def test_hints_of_one_statement_do_not_reach_the_next() -> None:
    first, second = split("-- @@ training: off\nSELECT 1;\n-- @@ on_error: null\nSELECT 2")
    assert first.hints()[0] == Hints(training=False)
    assert second.hints()[0] == Hints(on_error="null")


def test_a_training_hint_may_name_a_version_or_tag() -> None:
    (statement,) = split("-- @@ training: before-the_fix.2\nSELECT 1")
    assert statement.hints()[0] == Hints(training="before-the_fix.2")


def test_targets_are_shares() -> None:
    (statement,) = split("-- @@ precision: 0.9\n-- @@ recall: 1\n-- @@ delta: 0.01\nSELECT 1")
    assert statement.hints()[0] == Hints(precision=0.9, recall=1.0, delta=0.01)


def test_a_target_is_held_against_the_model_or_verified_answers() -> None:
    (statement,) = split("-- @@ against: verified\nSELECT -- @ against: model\n 1")
    whole, local = statement.hints()
    assert whole == Hints(against="verified") and [hints for _, hints in local] == [Hints(against="model")]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("-- @@ modell: x", "hint 'modell' is not known"),
        ("-- @@ budget: lots", "budget"),
        ("-- @@ budget: -1", "budget"),
        ("-- @@ training: may be", "training"),
        ("-- @@ training:", "training"),
        ("-- @@ on_error: ignore", "on_error"),
        ("-- @ threshold: high", "threshold"),
        ("-- @ threshold: 3", "threshold: '3' is not a number from 0 to 1"),
        ("-- @ threshold: -0.1", "threshold: '-0.1' is not a number from 0 to 1"),
        ("-- @ threshold: nan", "threshold: 'nan' is not a number from 0 to 1"),
        ("-- @@ budget: nan", "budget"),
        ("-- @ pack: many", "pack: 'many' is not `off`, a number of rows from 3 to 64"),
        ("-- @@ pack: auto 7", "pack"),
        ("-- @ accuracy: 95", "'95' is not a number above 0, up to 1"),
        ("-- @ recall: 0", "'0' is not a number above 0, up to 1"),
        ("-- @ delta: 0.6", "'0.6' is not a number above 0, up to 0.5"),
        ("-- @ against: truth", "against: 'truth' is not one of model, verified"),
        ("-- @@ against:", "against: '' is not one of model, verified"),
    ],
)
def test_a_hint_that_says_nothing_we_know_is_an_error(comment: str, message: str) -> None:
    (statement,) = split(f"{comment}\nSELECT 1")
    with pytest.raises(SQLSyntaxError, match=message):
        statement.hints()


def test_a_pack_hint_is_a_number_auto_or_off() -> None:
    (statement,) = split("-- @@ pack: auto 0.95\nSELECT -- @ pack: 16\n 1")
    whole, local = statement.hints()
    assert whole == Hints(pack=Pack(None, 0.95))
    assert [hints for _, hints in local] == [Hints(pack=Pack(16))]


def test_a_misspelt_hint_names_the_nearest_one() -> None:
    (statement,) = split("-- @@ modell: x\nSELECT 1")
    with pytest.raises(SQLSyntaxError) as caught:
        statement.hints()
    assert caught.value.hint == "did you mean model?"


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("-- @ modle: x\nSELECT 1", (0, 4)),
        ("SELECT 0;\n\n  -- @ modle: x\n\nSELECT 1", (-1, 6)),
        ("SELECT\n  1, -- @@ modle: x\n 2", (2, 9)),
        ("/* @ modle: x */ SELECT 1", (1, -13)),
    ],
)
def test_a_wrong_hint_stands_where_it_is_written(script: str, place: tuple[int, int]) -> None:
    *_, statement = split(script)
    with pytest.raises(SQLSyntaxError) as caught:
        statement.hints()
    assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize(
    ("text", "last", "idle"),
    [
        ("-- @ pack: 8\nSELECT 1", None, ["-- @ pack: 8"]),
        ("-- @ batch\n-- @ budget: 1\nSELECT 1", None, ["-- @ batch", "-- @ budget: 1"]),
        ("-- @@ pack: 8\nSELECT 1", None, []),
        ("-- @ author: somebody\nSELECT 1", None, []),
        ("-- @ pack: 8\nSELECT text MEANS 'x'", 12, []),
        ("SELECT text MEANS 'x' -- @ pack: 8\n-- @ budget: 1\nFROM t", 12, ["-- @ pack: 8"]),
    ],
)
def test_a_hint_before_no_operator_is_idle(text: str, last: int | None, idle: list[str]) -> None:
    (statement,) = split(text)
    assert list(statement.idle(last)) == idle


def test_ordinary_comments_are_no_hints() -> None:
    (statement,) = split("-- note: this\n-- mail me @ home: now\nSELECT 1 /* @x */")
    assert statement.hints() == (Hints(), [])
