"""Joins by meaning: near pairs are asked about, the rows are those of asking about every pair, and large tables are never paired whole."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rvbbit.errors import BudgetReached
from rvbbit.execution import database
from rvbbit.types import Answer

SIZE = 60


@pytest.fixture
def tables(bench: Any) -> Any:
    """`l` and `r`: each name of l is the beginning of one of r's; and a city each."""
    random.seed(5)
    names = sorted({"".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(SIZE)})
    left = ", ".join(f"({i}, '{name}', '{'xyz'[i % 3]}')" for i, name in enumerate(names))
    right = ", ".join(f"({i}, '{name} & sons', '{'xyz'[i % 3]}')" for i, name in enumerate(reversed(names)))
    bench.setup(f"CREATE TABLE l AS SELECT * FROM (VALUES {left}) v(id, name, city)")
    bench.setup(f"CREATE TABLE r AS SELECT * FROM (VALUES {right}) v(id, name, city)")
    return bench


JOINS = [
    "SELECT l.id, r.id FROM l JOIN r ON same(l.name, r.name)",
    "SELECT l.id, r.id FROM l, r WHERE same(r.name, l.name)",
    "SELECT count(*) FROM l, r WHERE NOT same(l.name, r.name)",
    "SELECT l.id, r.id, same(l.name, r.name) FROM l, r",
    "SELECT a.id, b.id FROM l a JOIN l b ON same(a.name, b.name) WHERE a.id <= b.id",
    "SELECT l.id, r.id FROM l JOIN r ON l.id <> r.id AND same(l.name, r.name)",
    "SELECT l.id, r.id, u.word FROM l, r, u WHERE same(l.name, r.name) AND u.id = l.id",
]


@pytest.mark.parametrize("join", JOINS)
def test_a_join_asks_about_near_pairs_and_gives_what_all_pairs_give(tables: Any, join: str) -> None:
    assert tables.check(join) is not None
    assert len(tables.asked) <= 4 * SIZE
    assert tables.left_behind() == []


def test_cheap_conditions_come_first(tables: Any) -> None:
    tables.check("SELECT l.id, r.id FROM l JOIN r ON same(l.name, r.name) WHERE l.city = 'x' AND r.city = 'x'")
    assert tables.paired[-1].pairs == 400
    tables.check("SELECT l.id, r.id FROM l JOIN r ON l.city = r.city AND same(l.name, r.name)")
    assert tables.paired[-1].pairs == 1200


def test_of_a_pair_and_its_mirror_image_one_is_asked(tables: Any) -> None:
    tables.check("SELECT a.id, b.id FROM l a, l b WHERE same(a.name, b.name)")
    tables.check("SELECT a.id, b.id, same(b.name, a.name) FROM l a, l b")
    pairs = [tuple(sorted(map(str, pair))) for _, pair in tables.asked]
    assert len(tables.asked) == 2 * len(set(pairs))  # each query once: this bench keeps no answers between them
    assert all(one < other for _, (one, other) in tables.asked)


@pytest.mark.parametrize("link", ["", " AND a.city = b.city", " AND a.id % 7 <> b.id % 5"])
def test_the_order_of_rows_changes_no_question(tables: Any, link: str) -> None:
    tables.setup("CREATE TABLE turned AS SELECT * FROM l ORDER BY id DESC")
    rounds = []
    for name in ("l", "turned", "l"):
        before = len(tables.asked)
        tables.check(f"SELECT a.id, b.id FROM {name} a, {name} b WHERE same(a.name, b.name){link}")
        rounds.append(tables.asked[before:])
    assert rounds[0] == rounds[1] == rounds[2] != []


def test_blocking_off_asks_about_every_pair(tables: Any) -> None:
    tables.check("SELECT l.id, r.id FROM l JOIN r ON /* @ blocking: off */ same(l.name, r.name)")
    assert len(tables.asked) == SIZE * SIZE


def test_without_an_embedder_every_pair_is_asked_about(tables: Any) -> None:
    tables.embeds = False
    tables.check("SELECT l.id, r.id FROM l JOIN r ON same(l.name, r.name)")
    assert len(tables.asked) == SIZE * SIZE


def test_a_pair_that_could_not_be_answered_is_null_and_no_other(tables: Any) -> None:
    def answers(ask: Any, arguments: Any) -> list[Answer]:
        return [Answer(None, error="refused") if "&" in one["a"] + one["b"] else Answer(False) for one in arguments]

    tables.answers = answers
    rows = tables.run("SELECT count(*) FILTER (WHERE x IS NULL), count(*) FROM (SELECT same(l.name, r.name) x FROM l, r)")
    ((unknown, every),) = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    assert 0 < unknown == tables.paired[-1].asked < every == SIZE * SIZE


def test_no_pair_is_true_and_the_asking_ends(tables: Any) -> None:
    tables.answers = lambda ask, arguments: [Answer(False) for _ in arguments]
    assert tables.run("SELECT l.id FROM l, r WHERE same(l.name, r.name)").num_rows == 0
    assert tables.paired[-1].asked < 500
    assert not tables.paired[-1].reached


def test_an_error_in_the_middle_leaves_nothing_behind(tables: Any) -> None:
    def answers(ask: Any, arguments: Any) -> list[Answer]:
        if len(tables.batches) == 1:
            raise BudgetReached("enough")
        return list(tables.by_rule(ask, arguments))

    tables.answers = answers
    with pytest.raises(BudgetReached):
        tables.run("SELECT l.id FROM l, r WHERE same(l.name, r.name)")
    assert tables.left_behind() == []


@pytest.mark.parametrize("condition", ["", " AND l.id % 7 <> r.id % 5"])
def test_large_tables_are_never_paired_whole(bench: Any, monkeypatch: pytest.MonkeyPatch, condition: str) -> None:
    for module in ("nearness", "joining"):
        monkeypatch.setattr(f"rvbbit.execution.{module}.POOL", 20_000)
    largest = 0
    run = database.run

    def read(connection: Any, sql: str, parameters: Any = None) -> Any:
        nonlocal largest
        found = run(connection, sql, parameters)
        largest = max(largest, found.num_rows)
        return found

    monkeypatch.setattr(database, "run", read)
    bench.setup("CREATE TABLE l AS SELECT i AS id, md5(i::VARCHAR) AS name FROM range(500) t(i)")
    bench.setup("CREATE TABLE r AS SELECT i AS id, md5(i::VARCHAR) || ' ltd' AS name FROM range(500) t(i)")
    bench.check(f"SELECT l.id, r.id FROM l, r WHERE same(l.name, r.name){condition}")
    assert len(bench.asked) < 2_000
    assert bench.paired[-1].pairs == 250_000
    assert largest < 40_000


words = st.sampled_from(["red", "red apple", "apple", "sky", "blue sky", "", "green pear", "pear", "RED", "ü red"])
rows = st.lists(st.tuples(st.none() | words, st.integers(0, 3)), max_size=9)
links = st.sampled_from(
    ["", " AND p.n = q.n", " AND p.n < q.n", " AND p.n = 1", " AND (p.n = 2 OR same(q.x, p.x))", " AND q.x IS NOT NULL"]
)
forms = st.sampled_from(["same(p.x, q.x)", "same(q.x, p.x)", "NOT same(p.x, q.x)", "same(p.x, q.x) IS NULL", "same(upper(p.x), q.x)"])


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(left=rows, right=rows, form=forms, link=links)
def test_any_small_join_gives_what_the_macros_give(bench: Any, left: Any, right: Any, form: str, link: str) -> None:
    for name, values in (("p", left), ("q", right)):
        bench.setup(f"CREATE OR REPLACE TABLE {name} (x VARCHAR, n INTEGER)")
        for x, n in values:
            bench.setup(f"INSERT INTO {name} VALUES ({'NULL' if x is None else repr(x)}, {n})")
    bench.check(f"SELECT p.x, p.n, q.x, q.n FROM p, q WHERE {form}{link}")


@pytest.mark.parametrize("where", ["", " WHERE l.city = 'x'"])
def test_a_left_join_asks_about_near_pairs_and_keeps_what_has_no_match(tables: Any, where: str) -> None:
    tables.setup("INSERT INTO l VALUES (999, 'nobody else', 'x')")
    found = tables.check(f"SELECT l.id, r.id FROM l LEFT JOIN r ON same(l.name, r.name){where}")
    assert (999, None) in set(zip(*(column.to_pylist() for column in found.columns), strict=True))
    assert 0 < len(tables.asked) <= 4 * SIZE


def test_a_limit_on_a_join_does_not_read_its_pairs(tables: Any) -> None:
    assert tables.run("SELECT l.id, r.id FROM l, r WHERE same(l.name, r.name) LIMIT 3").num_rows == 3
    assert tables.paired[-1].asked <= 4 * SIZE
