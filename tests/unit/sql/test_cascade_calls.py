"""CASCADE('id', {…}) and operators that answer with a table: what they are read as, and what is said where they cannot be."""

from __future__ import annotations

import pytest

from rvbbit.errors import CascadeInvalid, SQLError, UnknownOperator
from rvbbit.sql.call import Call
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.statements import split
from rvbbit.types import Operator, Parameter

SHORTEN = Operator("shorten", "shorten", (), (Parameter("text"), Parameter("size", "BIGINT", True, 3)), "VARCHAR")
TAGS = Operator("tags_of", "tags_of", (), (Parameter("text"),), "STRUCT(tag VARCHAR, size BIGINT)[]", "table")
WORDS = Operator("words_of", "words_of", (), (Parameter("text"),), "VARCHAR[]", "table")
GRAMMAR = Grammar.of([TAGS, WORDS], {}, {"shorten": SHORTEN, "broken": "cascades/broken.cascade.yaml:3: cells: is missing"})


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SELECT CASCADE('shorten', {'text': a, 'size': 5}) FROM t", "SELECT CASCADE('shorten', {'text': a, 'size': 5}) FROM t"),
        ("SELECT cascade('shorten', {size: 5, text: a}) FROM t", "SELECT CASCADE('shorten', {'text': a, 'size': 5}) FROM t"),
        ("SELECT CASCADE('shorten', MAP {'text': a || b}) FROM t", "SELECT CASCADE('shorten', {'text': a || b}) FROM t"),
        ("SELECT CASCADE('shorten', struct_pack(text := $1)) FROM t", "SELECT CASCADE('shorten', {'text': $1}) FROM t"),
        ("SELECT \"cascade\"('shorten', 1), t.cascade(1) FROM t", "SELECT \"cascade\"('shorten', 1), t.cascade(1) FROM t"),
        ("SELECT cascade FROM t", "SELECT cascade FROM t"),
        (
            "FROM tags_of('x') AS g",
            "SELECT * FROM (SELECT unnest(rows, max_depth := 2) FROM (SELECT TAGS_OF('x') AS rows) AS answered) AS g",
        ),
        (
            "FROM words_of('x')",
            "SELECT * FROM (SELECT unnest(rows, max_depth := 2) AS words_of FROM (SELECT WORDS_OF('x') AS rows) AS answered) AS words_of",
        ),
        ("SELECT tags_of(a) FROM t", "SELECT TAGS_OF(a) FROM t"),
    ],
)
def test_what_is_read_is_written_again(text: str, written: str) -> None:
    dialect = Dialect(GRAMMAR)
    assert dialect.write(dialect.read(text)) == written


def test_each_input_is_an_argument_of_its_own_and_left_out_ones_have_their_defaults() -> None:
    call = Dialect(GRAMMAR).read("SELECT CASCADE('shorten', {'text': a}) FROM t").find(Call)
    assert call is not None
    assert ([argument.sql() for argument in call.arguments], [argument.sql() for argument in call.given]) == (["a", "3"], ["a"])


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        ("CASCADE('shotren', {'text': a})", UnknownOperator, "no cascade 'shotren'; did you mean 'shorten'?"),
        ("CASCADE('nothing like it', {})", UnknownOperator, "no cascade 'nothing like it'"),
        ("CASCADE('broken', {'text': a})", CascadeInvalid, r"cascades/broken.cascade.yaml:3: cells: is missing"),
        ("CASCADE('shorten', {'txt': a})", SQLError, "has no input 'txt'; did you mean 'text'?"),
        ("CASCADE('shorten', {'size': 3})", SQLError, "needs the input text"),
        ("CASCADE('shorten')", SQLError, "needs the input text"),
        ("CASCADE('shorten', {'text': a, 'text': b})", SQLError, "'text' of cascade shorten is given twice"),
        ("CASCADE('shorten', a)", SQLError, "inputs of shorten by name"),
        ("CASCADE('shorten', {'text': a}, 1)", SQLError, "as text in quotes"),
        ("CASCADE(a, {'text': a})", SQLError, "as text in quotes"),
        ("CASCADE()", SQLError, "as text in quotes"),
    ],
)
def test_what_cannot_be_called_says_why_and_where(call: str, kind: type[SQLError], said: str) -> None:
    with pytest.raises(kind, match=said.replace("?", r"\?")) as caught:
        Dialect(GRAMMAR).read(f"SELECT 1,\n  {call} FROM t")
    if kind is not CascadeInvalid:
        assert (caught.value.line, caught.value.column) == (2, 3)


@pytest.mark.parametrize(
    ("text", "may_be"), [("SELECT CASCADE('x')", True), ("DROP TABLE t CASCADE", False), ("SELECT 'CASCADE(' FROM t", False)]
)
def test_only_a_call_makes_a_statement_semantic(text: str, may_be: bool) -> None:
    (statement,) = split(text)
    assert statement.may_be_semantic(GRAMMAR) is may_be
