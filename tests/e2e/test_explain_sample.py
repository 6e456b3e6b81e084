"""EXPLAIN (SAMPLE n): other ways to be answered, measured on a few rows; it pays for those and for no others, within the budget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine.alternatives import interval, spread
from rvbbit.errors import SQLSyntaxError
from rvbbit.testing import FakeServer, question

QUERY = "SELECT id FROM letters WHERE body MEANS 'a complaint about a delivery'"
TYPED = "MEANS(body, 'a complaint about a delivery')"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=lambda body: "parcel" in question(body)) as server:
        yield server


@pytest.fixture
def db(tmp_path: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[rvbbit.Database]:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    (tmp_path / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 1.0, output = 1.0}\n', "utf-8")
    with rvbbit.connect(tmp_path, store=":memory:", model="openai:fake") as db:
        text = "CASE WHEN i % 2 = 0 THEN 'the parcel never arrived, number ' ELSE 'a nice day to you, number ' END || i"
        db.sql(f"CREATE TABLE letters AS SELECT i AS id, {text} AS body FROM range(60) r(i)")
        yield db


def told(db: rvbbit.Database, sql: str, **options: Any) -> list[str]:
    return [str(line) for (line,) in db.sql(sql, **options).fetchall()]


def test_each_way_is_measured_on_the_sample_and_on_no_other_row(db: rvbbit.Database) -> None:
    lines = told(db, f"EXPLAIN (SAMPLE 10) {QUERY}")
    assert lines[0] == "Project" and f"{TYPED}, measured on 10 of 60 distinct rows:" in lines
    own, packed, local = (
        next(line for line in lines if line.startswith(f"   {name}")) for name in ("openai:fake:", "openai:fake, 16", "local:")
    )
    assert "the query's own way; the rest: 50 requests" in own
    assert "10 of 10 agree (100%, 95 % 72% to 100%)" in packed and packed.endswith("(-- @ pack: 16)")
    assert "of 10 agree" in local and "$0.0000" in local and local.endswith("(-- @ model: local:minilm)")
    logged = db.sql("SELECT count(DISTINCT arguments) FROM rvbbit.unified_logs WHERE cell_name = 'judge' AND model = 'openai:fake'")
    assert logged.fetchall() == [(10,)]


def test_the_sample_is_kept_and_the_query_goes_on_from_there(db: rvbbit.Database) -> None:
    told(db, f"EXPLAIN (SAMPLE 10) {QUERY}")
    assert db.sql(QUERY).usage.calls == 50


def test_rows_known_alone_are_no_measure_of_packed_ones(db: rvbbit.Database) -> None:
    db.sql(QUERY)
    packed = next(line for line in told(db, f"EXPLAIN (SAMPLE 10) {QUERY}") if "16 rows" in line)
    assert "not measured (10 of these rows were asked alone before, and are known)" in packed


def test_what_was_measured_is_in_the_plan_too(db: rvbbit.Database) -> None:
    result = db.sql(f"EXPLAIN (SAMPLE 10) {QUERY}")
    assert result.plan is not None and not result.plan.ran
    lines = [line for (line,) in result.fetchall()]
    assert result.plan.sampled[0].startswith(f"{TYPED}, measured on 10 of")
    assert lines[-len(result.plan.sampled) - 1 :] == ["", *result.plan.sampled]
    plain = db.sql(f"EXPLAIN {QUERY}").plan
    assert plain is not None and plain.sampled == ()


def test_plain_explain_asks_nothing(db: rvbbit.Database, server: FakeServer) -> None:
    lines = told(db, f"EXPLAIN {QUERY}")
    assert not any("measured" in line for line in lines)
    assert db.sql("SELECT count(*) FROM rvbbit.unified_logs").fetchall() == [(0,)]


def test_the_budget_holds_for_the_sample(db: rvbbit.Database) -> None:
    lines = told(db, f"EXPLAIN (SAMPLE 10) {QUERY}", budget_usd=0.00001)
    assert any(line.startswith("   openai:fake: not measured") for line in lines)
    assert any("local:minilm: nothing to compare it with" in line for line in lines)
    hinted = told(db, f"EXPLAIN (SAMPLE 10) {QUERY} -- @@ budget: 0.00001")
    assert any(line.startswith("   openai:fake: not measured") for line in hinted)


def test_what_a_model_cannot_do_is_said_beside_it(db: rvbbit.Database) -> None:
    local = next(line for line in told(db, "EXPLAIN (SAMPLE 4) SELECT body IMPLIES 'x' FROM letters") if "local:minilm" in line)
    assert "not measured" in local and "from examples alone" in local


def test_free_text_is_not_compared(db: rvbbit.Database) -> None:
    lines = told(db, "EXPLAIN (SAMPLE 4) SELECT ASK(body, 'who?') FROM letters")
    assert "   its answers are free text, which cannot be compared" in lines and lines[-1].startswith("the sample: 0 asked")


@pytest.mark.parametrize("sample", ["SAMPLE 0", "SAMPLE 201", "SAMPLE x", "SAMPLE", "SAMPLE 5, FORMAT json", "SAMPLE -1"])
def test_a_wrong_sample_is_refused(db: rvbbit.Database, sample: str) -> None:
    with pytest.raises(SQLSyntaxError, match="SAMPLE takes a number of rows, 1 to 200"):
        db.sql(f"EXPLAIN ({sample}) {QUERY}")


def test_a_plain_statement_has_its_plain_plan(db: rvbbit.Database) -> None:
    assert len(db.sql("EXPLAIN (SAMPLE 5) SELECT 1")) == len(db.sql("EXPLAIN SELECT 1"))


def test_samples_are_even_and_the_same_each_time() -> None:
    rows = [{"n": n} for n in range(100)]
    assert [row["n"] for row in spread(rows, 4)] == [0, 25, 50, 75] and spread(rows[:3], 4) == rows[:3]


def test_a_share_of_few_is_known_as_badly_as_it_is() -> None:
    low, high = interval(18, 20)
    assert (round(low, 2), round(high, 2)) == (0.70, 0.97)
