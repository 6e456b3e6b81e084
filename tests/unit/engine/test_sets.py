"""`db.training.sets` through a whole engine: versions that answers cite, contradictions, proof, going live and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import TrainingError, UsageError
from rvbbit.testing import FakeServer

MANY = "CREATE TABLE many AS SELECT 'ticket number ' || i || ': ' || md5(i::VARCHAR) AS text, i FROM range(24) r(i)"
QUERY = "SELECT text MEANS 'odd' AS odd FROM many ORDER BY i"
SCOPE = {"criterion": "odd"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """Says yes, unless an example in the prompt says no."""

    def answer(body: Any) -> bool:
        return not any("false" in str(message["content"]) for message in body["messages"] if message["role"] == "assistant")

    with FakeServer(answer=answer) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield fake


@pytest.fixture
def db(server: FakeServer, tmp_path: Path) -> Iterator[Database]:
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        opened.sql(MANY)
        opened.sql(QUERY)
        yield opened


def traces(db: Database) -> list[str]:
    rows = db.training.examples(limit=None, order="asc").rows
    return [row.trace_id for row in sorted(rows, key=lambda row: str(row.inputs["text"]))]


def cited(db: Database) -> set[str]:
    """The version that the newest query's answers name."""
    newest = "(SELECT query_id FROM rvbbit.query_log ORDER BY timestamp DESC LIMIT 1)"
    rows = db.sql(f"SELECT DISTINCT set_version FROM rvbbit.unified_logs WHERE query_id = {newest}").fetchall()
    return {row[0] for row in rows}


def test_an_answers_version_can_be_looked_up_used_again_and_left(db: Database) -> None:
    one, two, *_ = traces(db)
    db.training.mark([one], trainable=True)
    db.sql(QUERY)
    (first,) = cited(db)
    db.training.mark([two], trainable=True)
    db.sql(QUERY)
    (second,) = cited(db)
    listed = db.training.sets.versions()
    assert [row.version for row in listed] == [second, first]
    assert (listed[0].parent, listed[0].added) == (first, 1)
    assert db.training.sets.diff(first, second).added == (two,)
    assert [blame.version for blame in db.training.sets.blame(second)] == [second, first]

    db.training.sets.use(first)
    assert db.sql(QUERY).usage.calls == 0, "rolled back: the answers of that version hold again"
    db.training.sets.follow(first)
    db.training.sets.tag(first, "start")
    assert db.sql(f"-- @ training: start\n{QUERY}").usage.calls == 0
    with pytest.raises(TrainingError, match="no training set 'nosuch'"):
        db.sql(f"-- @ training: nosuch\n{QUERY}")


def test_a_contradiction_is_shown_kept_out_and_ended_by_a_choice(db: Database, server: FakeServer) -> None:
    db.sql("SELECT text || '!' MEANS 'odd' FROM many WHERE i = 0")
    rows = db.training.examples(search="ticket number 0:", limit=None).rows
    old, new = sorted(row.trace_id for row in rows)
    db.training.mark([old], trainable=True)
    db.training.mark([new], trainable=True, corrected_output=False)
    checked = db.training.sets.checked("means", rows[0].cell_name)
    (pair,) = checked.contradictions
    assert (pair.holds, {one.trace_id for one in pair.examples}, checked.kept) == (None, {old, new}, ())
    db.sql(QUERY)
    assert server.calls == 25, "nothing may be learned from, so nothing is asked again"
    chosen = db.training.sets.choose(new)
    assert chosen.updated == 1
    assert [example.trace_id for _, example in db.training.sets.checked("means", rows[0].cell_name).kept] == [new]
    db.training.undo(chosen.undo or "")
    assert len(db.training.sets.checked("means", rows[0].cell_name).contradictions) == 1
    with pytest.raises(TrainingError, match="contradicts no other"):
        db.training.sets.choose("nosuch")


def test_a_set_that_harms_is_found_out_and_does_not_go_live(db: Database, server: FakeServer) -> None:
    ids = traces(db)
    db.training.mark(ids, verified=True)
    db.training.mark(ids[:3], trainable=True)
    db.sql(QUERY)
    version, good = db.training.sets.evaluate("means", scope=SCOPE)
    assert (good.harm, good.arms["candidate"].accuracy, good.questions) == (False, 1.0, 24)
    db.training.sets.use(version)

    db.sql("SELECT 'a wrong one' MEANS 'odd'")
    (wrong,) = [row.trace_id for row in db.training.examples(search="a wrong one").rows]
    db.training.mark([wrong], trainable=True, corrected_output=False)
    bad, found = db.training.sets.evaluate("means", scope=SCOPE)
    assert found.harm and found.gains["candidate - current"].mean == -1 and found.arms["current"].accuracy == 1
    with pytest.raises(TrainingError, match="worse"):
        db.training.sets.use(bad)
    assert [row.live for row in db.training.sets.versions() if row.version == version] == [True]
    assert db.training.sets.use(bad, force=True).version == bad
    assert {row.inputs["text"] for row in db.training.examples(limit=None).rows} >= {"a wrong one"}
    assert db.training.stats().total.executions == 24 + 24 + 1, "what an evaluation asks teaches nobody"


def test_an_evaluation_of_what_cannot_be_evaluated_is_refused(db: Database) -> None:
    with pytest.raises(UsageError, match="criterion"):
        db.training.sets.evaluate("means")
    with pytest.raises(TrainingError, match="no examples"):
        db.training.sets.evaluate("means", scope=SCOPE)
    db.training.mark(traces(db)[:1], trainable=True, verified=True)
    with pytest.raises(TrainingError, match="1 different questions"):
        db.training.sets.evaluate("means", scope=SCOPE)
