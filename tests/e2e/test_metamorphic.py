"""What must not change an answer does not: the order of rows, how many are asked at once or in one request, what is known already, how the
question is put. And what must hold between answers holds: P, NOT P and NULL are all rows, each once.

The model is deterministic: it looks at the criterion and the text alone, whatever prompt they come in.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine.database import Database
from rvbbit.testing import FakeServer
from rvbbit.testing.answers import Body, fitting, schema

Asked = list[tuple[Any, ...]]
Connect = Callable[..., AbstractContextManager[Database]]

VALUE = re.compile(r"<(\w+)>([^<]*)</\1>")
MET = "t.text MEANS 'it is about money'"
OTHER = "t.text MEANS 'it is about time'"
# Text, or NULL, by number: five distinct texts come twice, and every ninth row has none.
ROWS = [(number, None if number % 9 == 4 else f"letter {number % 29} to the bank", number % 4) for number in range(48)]

QUERIES = {
    "a filter": f"SELECT id FROM t WHERE {MET}",
    "two filters": f"SELECT id FROM t WHERE {MET} AND NOT ({OTHER})",
    "either of two": f"SELECT id FROM t WHERE {MET} OR {OTHER}",
    "a filter and a cheap predicate": f"SELECT id FROM t WHERE {MET} AND part = 2",
    "a column": f"SELECT id, {MET} FROM t",
    "a score": "SELECT id, t.text ABOUT 'money' FROM t",
    "a threshold": "SELECT id FROM t WHERE t.text ABOUT 'money' > 0.5",
    "a label": "SELECT id, CLASSIFY(t.text, 'bills,cards,loans') FROM t",
    "groups by a label": "SELECT CLASSIFY(t.text, 'bills,cards,loans') AS label, count(*) FROM t GROUP BY label",
    "groups that are kept": f"SELECT part, count(*) FILTER (WHERE {MET}) FROM t GROUP BY part HAVING count(*) FILTER (WHERE {MET}) > 2",
    "a case": f"SELECT id, CASE WHEN {MET} THEN 'money' WHEN {OTHER} THEN 'time' ELSE 'neither' END FROM t",
    "an order": "SELECT id FROM t ORDER BY t.text ABOUT 'money' DESC NULLS LAST, id LIMIT 7",
    "a count that is compared": f"SELECT (SELECT count(*) FROM t WHERE {MET}) > 9, count(*) BETWEEN 3 AND 20 FROM t WHERE {OTHER}",
    "groups that are large": f"SELECT part FROM t WHERE {MET} GROUP BY part HAVING count(*) >= 5",
    "groups that are small": f"SELECT part FROM t WHERE {MET} AND {OTHER} GROUP BY part HAVING count(*) < 4",
    "distinct values": f"SELECT DISTINCT part FROM t WHERE {MET} AND id < 9",
    "any of them": f"SELECT id, id = ANY (SELECT part * 5 FROM t WHERE {MET}) FROM t",
    "a subquery": f"SELECT id FROM t WHERE part IN (SELECT part FROM t WHERE {MET} AND id < 9)",
    "a join": f"SELECT t.id, o.id FROM t JOIN t AS o ON t.part = o.part AND t.id < o.id WHERE {MET}",
    "a window": f"SELECT id, count(*) OVER (PARTITION BY {MET}) FROM t",
}
every_query = pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in QUERIES.items()])


def deterministic(body: Body) -> Any:
    """An answer that depends on what the question is about and on nothing else."""
    said = [message["content"] for message in body["messages"]]
    about = sorted({value for content in said for value in VALUE.findall(content)})
    return fitting(schema(body) or {}, hashlib.sha256(repr(about).encode()).hexdigest())


@pytest.fixture(scope="module")
def model() -> Iterator[FakeServer]:
    with FakeServer(deterministic) as fake:
        yield fake


@pytest.fixture
def connect(model: FakeServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """A new project with the rows, in any order."""
    monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")

    @contextmanager
    def connected(order: int = 0, home: Path | None = None, **settings: Any) -> Iterator[Database]:
        rows = random.Random(order).sample(ROWS, len(ROWS)) if order else ROWS
        with rvbbit.connect(home or tmp_path_factory.mktemp("home"), store=":memory:", model="openai:fake", **settings) as db:
            db.sql("CREATE TABLE t (id INTEGER, text VARCHAR, part INTEGER)")
            values = ", ".join(f"({id_}, {'NULL' if text is None else repr(text)}, {part})" for id_, text, part in rows)
            db.sql(f"INSERT INTO t VALUES {values}")
            yield db

    return connected


def answer(db: Database, sql: str) -> Counter[tuple[Any, ...]]:
    """The rows as SQL has them: in no order."""
    return Counter(db.sql(sql).fetchall())


@pytest.fixture
def expected(connect: Connect) -> Callable[[str], Counter[tuple[Any, ...]]]:
    """By the most plain of ways: rows in order, one call at a time, nothing known."""

    def asked(sql: str) -> Counter[tuple[Any, ...]]:
        with connect(concurrency=1) as db:
            return answer(db, sql)

    return asked


@every_query
def test_the_order_of_rows_and_how_many_are_asked_at_once_change_no_answer(connect: Connect, expected: Any, sql: str) -> None:
    wanted = expected(sql)
    assert wanted, "a query without rows shows nothing"
    for order, concurrency in ((1, 2), (2, 64)):
        with connect(order, concurrency=concurrency) as db:
            assert answer(db, sql) == wanted


@every_query
def test_what_is_known_changes_no_answer(connect: Connect, expected: Any, sql: str, model: FakeServer) -> None:
    wanted = expected(sql)
    with connect() as db:
        db.sql(f"SELECT {MET} FROM t WHERE id % 2 = 0")  # a part of what is asked for
        assert answer(db, sql) == wanted
        model.reset()
        assert answer(db, sql) == wanted
        assert model.calls == 0


@every_query
def test_how_many_rows_share_a_request_changes_no_answer(connect: Connect, expected: Any, sql: str, model: FakeServer) -> None:
    wanted = expected(sql)
    calls = []
    for rows in ("off", "3", "64"):
        with connect() as db:
            model.reset()
            assert answer(db, f"-- @@ pack: {rows}\n{sql}") == wanted
            calls.append(model.calls)
    assert calls[0] > calls[1] > calls[2] or calls[0] < 20, "nothing was packed"


@every_query
def test_explaining_a_query_changes_neither_answer_nor_number_of_calls(
    connect: Connect, expected: Any, sql: str, model: FakeServer
) -> None:
    wanted = expected(sql)
    with connect() as db:
        model.reset()
        db.sql(f"EXPLAIN {sql}")
        assert model.calls == 0
        assert answer(db, sql) == wanted
        asked = model.calls
    with connect() as db:
        model.reset()
        db.sql(f"EXPLAIN ANALYZE {sql}")
        assert model.calls == asked


@pytest.mark.parametrize("name", ["a filter", "a label", "a score"])
def test_measuring_the_alternatives_of_a_query_changes_no_answer(connect: Connect, expected: Any, name: str, model: FakeServer) -> None:
    with connect() as db:
        model.reset()
        db.sql(f"EXPLAIN (SAMPLE 5) {QUERIES[name]}")
        assert model.calls > 0, "nothing was measured"
        assert answer(db, QUERIES[name]) == expected(QUERIES[name])


@pytest.mark.parametrize(
    "condition",
    [MET, f"{MET} AND {OTHER}", f"{MET} OR part = 1", "t.text ABOUT 'money' > 0.4", "CLASSIFY(t.text, 'bills,cards') = 'cards'"],
)
def test_a_condition_its_negation_and_null_are_all_rows_each_once(connect: Connect, condition: str) -> None:
    with connect() as db:
        met, not_met, unknown = (
            [id_ for (id_,) in db.sql(f"SELECT id FROM t WHERE {form}").fetchall()]
            for form in (condition, f"NOT ({condition})", f"({condition}) IS NULL")
        )
    assert sorted(met + not_met + unknown) == [id_ for id_, _, _ in ROWS]
    assert met and not_met and unknown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(f"{MET} AND {OTHER}", f"{OTHER} AND {MET}", id="and either way round"),
        pytest.param(f"NOT ({MET} OR {OTHER})", f"NOT ({MET}) AND NOT ({OTHER})", id="de Morgan"),
        pytest.param("t.text NOT MEANS 'it is about money'", f"NOT ({MET})", id="the negated form"),
        pytest.param(f"part = 2 AND {MET}", f"{MET} AND part = 2", id="cheap first or last"),
        pytest.param(f"({MET}) = TRUE", f"({MET}) IS NOT DISTINCT FROM TRUE", id="compared with a constant"),
        pytest.param(f"id IN (SELECT id FROM t WHERE {MET})", MET, id="by way of a subquery"),
    ],
)
def test_two_ways_to_say_one_thing_keep_the_same_rows_at_the_same_calls(connect: Connect, model: FakeServer, one: str, other: str) -> None:
    kept, calls = [], []
    for condition in (one, other):
        with connect() as db:
            model.reset()
            kept.append(answer(db, f"SELECT id FROM t WHERE {condition}"))
            calls.append(model.calls)
    assert kept[0] == kept[1] != Counter()
    assert calls[0] == calls[1]


def test_a_limit_gives_rows_that_the_whole_answer_has(connect: Connect) -> None:
    with connect() as db:
        whole = answer(db, f"SELECT id FROM t WHERE {MET}")
    for order in (1, 2, 3):
        with connect(order) as db:
            some = answer(db, f"SELECT id FROM t WHERE {MET} LIMIT 5")
            assert some.total() == 5
            assert some <= whole
