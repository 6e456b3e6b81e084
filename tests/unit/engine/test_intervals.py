"""`-- @ interval`: columns beside aggregates, by what people verified or by a sample of the model; and what cannot have them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rvbbit
from rvbbit import datasets, errors
from rvbbit.engine import Database
from rvbbit.testing import FakeServer
from rvbbit.testing.answers import Body, question

CARD, MONEY = ("card_arrival", "card_not_working"), ("exchange_rate", "top_up_failed")
EACH = 75
CONDITION = "text MEANS 'about a payment card'"


def labelled() -> dict[str, bool]:
    train, _, _ = datasets.banking77()
    each: dict[str, list[str]] = {label: [] for label in (*CARD, *MONEY)}
    for text, label in zip(train["text"].to_pylist(), train["label"].to_pylist(), strict=True):
        if label in each and len(each[label]) < EACH:
            each[label].append(text)
    return {text: label in CARD for texts in zip(*each.values(), strict=True) for text, label in zip(texts, each, strict=True)}


TRUTH = labelled()
WRONG = frozenset(list(TRUTH)[::9])
"""What the model gets wrong."""


def answer(body: Body) -> object:
    asked = re.search("<text>(.*)</text>", question(body), re.DOTALL)
    assert asked
    text = html.unescape(asked[1])
    return TRUTH[text] is not (text in WRONG)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=answer) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield fake


@pytest.fixture
def db(server: FakeServer, tmp_path: Path) -> Iterator[Database]:
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        opened.sql("CREATE TABLE rows AS SELECT unnest($i) AS id, unnest($t) AS text", {"i": list(range(len(TRUTH))), "t": list(TRUTH)})
        opened.sql("CREATE TABLE q AS SELECT *, id % 2 AS half, id * 1.0 AS amount FROM rows")
        yield opened


def verify(db: Database, every: int) -> None:
    """As a person who looks at one in so many would."""
    db.sql(f"SELECT count(*) FROM q WHERE {CONDITION}")
    rows = [row for row in db.training.examples(cascade_id="means", limit=None).rows if row.inputs["text"] in list(TRUTH)[::every]]
    for held in (True, False):
        wrong = [row.trace_id for row in rows if TRUTH[str(row.inputs["text"])] is held and row.answer is not held]
        right = [row.trace_id for row in rows if TRUTH[str(row.inputs["text"])] is held and row.answer is held]
        db.training.mark(right, verified=True)
        if wrong:
            db.training.mark(wrong, verified=True, corrected_output=held)


def notices(result: rvbbit.Result) -> str:
    return "\n".join(notice.message for notice in result.notices)


def test_what_people_verified_puts_an_interval_beside_a_count(db: Database) -> None:
    verify(db, 2)
    result = db.sql(f"-- @@ interval: 0.95\nSELECT COUNT(*) AS n, AVG(amount) FROM q WHERE {CONDITION}")
    assert result.columns == ["n", "n_low", "n_high", "avg(amount)", "avg(amount)_low", "avg(amount)_high"]
    ((n, low, high, *_),) = result.fetchall()
    assert n == sum(held is not (text in WRONG) for text, held in TRUTH.items())
    assert low <= sum(TRUTH.values()) <= high and high - low < 60
    assert result.usage.calls == 0 and "by 150 verified of 300 questions, taken to be drawn at random" in notices(result)


def test_groups_have_their_own_and_the_statement_keeps_its_shape(db: Database) -> None:
    verify(db, 1)
    sql = (
        f"SELECT half AS h, COUNT(*) AS n, SUM(amount) AS s FROM q WHERE {CONDITION} AND id < 200 GROUP BY 1 HAVING COUNT(*) > 1 ORDER BY h"
    )
    plain, result = db.sql(sql), db.sql(f"-- @@ interval: 0.9\n{sql}")
    assert result.columns == ["h", "n", "n_low", "n_high", "s", "s_low", "s_high"]
    assert [(row[0], row[1], row[4]) for row in result.fetchall()] == plain.fetchall()
    for half, _, low, high, _, sum_low, sum_high in result.fetchall():
        rows = [place for place, held in enumerate(TRUTH.values()) if held and place % 2 == half and place < 200]
        assert (low, high) == pytest.approx((len(rows), len(rows)))
        assert (sum_low, sum_high) == pytest.approx((sum(rows), sum(rows)))


def test_the_other_side_of_a_condition_has_one_too(db: Database) -> None:
    verify(db, 1)
    ((_, low, high),) = db.sql("-- @@ interval: 0.95\nSELECT COUNT(*) FROM q WHERE text NOT MEANS 'about a payment card'").fetchall()
    assert (low, high) == pytest.approx((150, 150))


def test_too_few_verified_give_null_and_say_what_to_do(db: Database) -> None:
    result = db.sql(f"-- @@ interval: 0.95\nSELECT COUNT(*) AS n FROM q WHERE {CONDITION}")
    ((_, low, high),) = result.fetchall()
    assert (low, high) == (None, None)
    assert "each needs 30 verified questions; verify some drawn at random: `rvbbit training review --order random`" in notices(result)


def test_a_sample_asks_so_many_and_a_student_predicts_the_rest(db: Database, server: FakeServer) -> None:
    sql = f"-- @@ interval: 0.95\n-- @@ sample: 120\nSELECT COUNT(*) AS n FROM q WHERE {CONDITION}"
    result = db.sql(sql)
    ((n, low, high),) = result.fetchall()
    said = sum(held is not (text in WRONG) for text, held in TRUTH.items())
    assert server.calls == result.usage.calls == 120
    assert low <= said <= high and low <= n <= high and high - low < 60
    assert "the student predicts 180 of 300 MEANS" in notices(result)
    assert db.sql("SELECT count(*) FROM rvbbit.unified_logs WHERE model LIKE 'local:%'").fetchall() == [(0,)]
    again = db.sql(sql)
    assert (again.usage.calls, again.usage.cached) == (0, 120)


def test_a_sum_of_integers_in_groups_too_small_for_an_interval_stands_as_it_is(db: Database) -> None:
    hints = "-- @@ interval: 0.95\n-- @@ sample: 120\n"
    result = db.sql(f"{hints}SELECT id // 10 AS ten, SUM(id) AS s FROM q WHERE {CONDITION} GROUP BY ten")
    assert len(result) > 10 and set(result.arrow()["s_low"].to_pylist()) == {None}
    assert all(isinstance(value, float) for value in result.arrow()["s"].to_pylist())


def test_a_sample_that_no_student_can_add_to_is_refused_before_it_is_paid_for(db: Database, server: FakeServer) -> None:
    sql = "SELECT COUNT(*) FROM q WHERE text ABOUT 'payment cards' > 0.5 -- @@ interval: 0.95\n-- @@ sample: 120"
    for statement in (sql, f"EXPLAIN {sql}"):
        with pytest.raises(errors.UsageError, match="the student can predict nothing: about gives scores") as caught:
            db.sql(statement)
        assert "leave `sample` out" in str(caught.value.hint)
    assert server.calls == 0


@pytest.mark.parametrize(
    ("keys", "group"),
    [
        ("upper(id % 3 || 'x') AS k", "GROUP BY k"),
        ("upper(id % 3 || 'x') AS k", "GROUP BY upper(id % 3 || 'x')"),
        ("upper(id % 3 || 'x') AS k", "GROUP BY UPPER(id % 3 || 'x')"),
        ("upper(id % 3 || 'x') AS k", "GROUP BY 1"),
        ("upper(id % 3 || 'x') AS k", "GROUP BY ALL"),
        ("length(upper(id % 3 || 'x')) AS l, half AS h, upper(half || 'x') AS k", "GROUP BY ALL"),
        ("half AS h, upper(half || 'x') AS k", "GROUP BY half"),
        ("upper(half || 'x') AS k, half + 1 AS h", "GROUP BY half"),
        ("length(upper(half || 'x')) AS k", "GROUP BY upper(half || 'x')"),
        ("CASE WHEN half = 1 THEN 'odd' ELSE lower('EVEN') END AS k", "GROUP BY ALL"),
        ("'all' AS k", "GROUP BY ALL"),
        ("1 AS k", "GROUP BY half"),
        ("upper(half || 'x') AS half", "GROUP BY q.half"),
        ("(SELECT max(id) FROM q) AS k, half", "GROUP BY ALL"),
    ],
)
def test_groups_of_anything_are_those_of_duckdb_and_hold_the_truth(db: Database, keys: str, group: str) -> None:
    verify(db, 1)
    db.sql("CREATE OR REPLACE TABLE truth AS SELECT unnest($t) AS text, unnest($h) AS held", {"t": list(TRUTH), "h": list(TRUTH.values())})
    said = db.sql(f"-- @@ interval: 0.95\nSELECT {keys}, COUNT(*) AS n, SUM(id) AS s FROM q WHERE {CONDITION} {group}").arrow()
    plain = db.sql(f"SELECT {keys}, COUNT(*) AS n, SUM(id) AS s FROM q WHERE {CONDITION} {group}").arrow()
    shown = said.drop_columns(["n_low", "n_high", "s_low", "s_high"]).to_pylist()
    assert sorted(shown, key=repr) == sorted(plain.to_pylist(), key=repr)
    true = db.sql(f"SELECT {keys}, COUNT(*) AS n, SUM(id) AS s FROM q JOIN truth USING (text) WHERE held {group}").arrow()
    assert sorted(zip(said["n_low"].to_pylist(), said["s_high"].to_pylist(), strict=True)) == [
        (pytest.approx(n), pytest.approx(float(s))) for n, s in sorted(zip(true["n"].to_pylist(), true["s"].to_pylist(), strict=True))
    ]


def test_explain_counts_the_sample_alone(db: Database, server: FakeServer) -> None:
    sql = f"EXPLAIN SELECT COUNT(*) AS n FROM q WHERE {CONDITION} -- @@ interval: 0.95\n-- @@ sample: 120"
    assert "120 to ask" in "\n".join(str(row[0]) for row in db.sql(sql).fetchall()) and server.calls == 0


def test_nothing_counted_has_no_interval(db: Database, server: FakeServer) -> None:
    assert db.sql(f"-- @@ interval: 0.95\nSELECT COUNT(*) FROM q WHERE {CONDITION} AND id < 0").fetchall() == [(0, None, None)]
    assert server.calls == 0


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (f"SELECT MAX(amount) FROM q WHERE {CONDITION}", "MAX(amount) is no COUNT, SUM or AVG by itself"),
        (f"SELECT COUNT(*) + 1 FROM q WHERE {CONDITION}", "COUNT(*) + 1 is no COUNT, SUM or AVG by itself"),
        (f"SELECT COUNT(DISTINCT half) FROM q WHERE {CONDITION}", "counts distinct values"),
        (f"SELECT id FROM q WHERE {CONDITION}", "no column is COUNT, SUM or AVG"),
        (f"SELECT COUNT(*) FROM q WHERE {CONDITION} OR id = 1", "the condition with the semantic expression names something else"),
        (f"SELECT COUNT(*) FILTER (WHERE {CONDITION}) FROM q", "1 semantic expressions, 0 of them in WHERE"),
        (f"SELECT COUNT(*) FROM q WHERE {CONDITION} AND text MEANS 'x'", "2 semantic expressions, 2 of them in WHERE"),
        ("SELECT COUNT(*) FROM q WHERE text ~ 'a card'", "SAME_ENTITY answers some pairs without a question"),
        (f"SELECT DISTINCT COUNT(*) FROM q WHERE {CONDITION}", "the statement has DISTINCT"),
        (f"CREATE TABLE x AS SELECT COUNT(*) FROM q WHERE {CONDITION}", "the statement is no plain SELECT"),
        (f"SELECT half, COUNT(*) FROM q WHERE {CONDITION} GROUP BY ROLLUP (half)", "GROUP BY has grouping sets"),
    ],
)
def test_what_has_no_interval_is_an_error_before_anything_is_asked(db: Database, server: FakeServer, sql: str, message: str) -> None:
    with pytest.raises(errors.SQLError, match=re.escape(message)) as caught:
        db.sql(f"-- @@ interval: 0.95\n{sql}")
    assert server.calls == 0 and caught.value.hint


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        ("-- @@ sample: 20", "there is no interval"),
        ("-- @@ interval: 95", "'95' is not a number above 0"),
        ("-- @@ interval: 0.9\n-- @@ sample: few", "'few' is not a whole number from 1"),
    ],
)
def test_hints_that_cannot_be_are_errors(db: Database, server: FakeServer, hints: str, message: str) -> None:
    with pytest.raises(errors.SQLError, match=re.escape(message)):
        db.sql(f"{hints}\nSELECT COUNT(*) FROM q WHERE {CONDITION}")
    assert server.calls == 0


def test_an_error_leaves_no_transaction_behind_and_an_open_one_is_kept(db: Database) -> None:
    with pytest.raises(errors.Error):
        db.sql(f"-- @@ interval: 0.9\nSELECT COUNT(*) FROM nosuch WHERE {CONDITION}")
    db.sql("BEGIN")
    db.sql("INSERT INTO q VALUES (900, 'x', 0, 0.0)")
    with pytest.raises(errors.Error):
        db.sql(f"-- @@ interval: 0.9\nSELECT COUNT(*) FROM nosuch WHERE {CONDITION}")
    db.sql("ROLLBACK")
    assert db.sql("SELECT count(*) FROM q").fetchall() == [(300,)]
