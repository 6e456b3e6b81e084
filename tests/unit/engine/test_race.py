"""`db.training.sets.race` against the fake server: the better way wins, luck does not, and what was found is kept with the version."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import BudgetReached, Cancelled, UsageError
from rvbbit.result import Progress
from rvbbit.testing import FakeServer

SUBJECTS = (
    "kettle",
    "bicycle",
    "violin",
    "umbrella",
    "telescope",
    "carpet",
    "hammer",
    "cactus",
    "submarine",
    "cheese",
    "passport",
    "piano",
)
SAID = (
    "a {0} for {0} lovers",
    "{0} repair: my {0} broke",
    "which {0} is the best {0}?",
    "I sell a {0}, an old {0}",
    "{0}, {0} and {0} again",
)
TEXTS = [(said.format(subject), place % 2 == 0) for said in SAID for place, subject in enumerate(SUBJECTS)]
SCOPE = {"criterion": "odd"}
MODEL = "openai:gpt-4o-mini"


def of_the_same(body: Any) -> bool:
    """The answer of the last example about the same subject; without one, yes, which is right half the time."""
    *turns, asked = (str(message["content"]) for message in body["messages"] if message["role"] != "system")
    subject = next((one for one in SUBJECTS if one in asked), "nothing")
    held = [answer for question, answer in zip(turns[::2], turns[1::2], strict=True) if subject in question]
    return "true" in held[-1] if held else True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=of_the_same) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield fake


@pytest.fixture
def db(server: FakeServer, tmp_path: Path) -> Iterator[Database]:
    """Every text was asked, and a person put every answer right and approved it."""
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model=MODEL) as opened:
        opened.sql("CREATE TABLE said AS SELECT unnest($texts) AS text", {"texts": [text for text, _ in TEXTS]})
        opened.sql("SELECT text MEANS 'odd' FROM said")
        truth = dict(TEXTS)
        for right in (True, False):
            ids = [row.trace_id for row in opened.training.examples(limit=None).rows if truth[str(row.inputs["text"])] is right]
            opened.training.mark(ids, trainable=True, verified=True, corrected_output=right)
        yield opened


def raced(db: Database, **given: Any) -> Any:
    return db.training.sets.race("means", scope=SCOPE, **{"strategies": ("recent", "semantic"), "limits": (1, 5), **given})


def test_the_better_strategy_wins_and_what_was_found_is_kept_with_the_version(db: Database, server: FakeServer) -> None:
    told: list[Progress] = []
    version, found = raced(db, listen=told.append)
    assert set(found.arms) == {"none", "recent 1", "recent 5", "semantic 1", "semantic 5"}
    assert (found.current, found.winner, found.questions) == ("recent 5", "semantic 5", 60)
    assert found.arms["none"].accuracy == 0.5 and found.arms["semantic 5"].accuracy > 0.9
    assert found.gains["semantic 5 - recent 5"].low > 0 and found.gains["semantic 5 - none"].low > 0
    calls, tokens = found.arms["semantic 5"].calls, found.arms["semantic 5"].tokens_in
    assert (calls, found.arms["none"].calls) == (60, 0), "answers without examples are known from before"
    assert tokens > found.arms["semantic 1"].tokens_in > 0 and (found.arms["semantic 5"].cost_usd or 0) > 0
    assert (told[-1].stage, told[-1].done, told[-1].total) == ("race", 300, 300)
    (row,) = [row for row in db.training.sets.versions() if row.version == version]
    assert row.proof is None and row.race is not None and json.loads(row.race.result)["winner"] == "semantic 5"
    db.training.sets.use(version)
    before = server.calls
    assert raced(db).found.gains == found.gains and server.calls == before, "what was answered is kept"
    assert db.training.stats().total.executions == 60, "what a race asks teaches nobody"


def test_where_no_way_differs_nothing_is_said_to_be_better(db: Database, server: FakeServer) -> None:
    server.answer = lambda body: True
    found = raced(db, strategies=("recent", "random", "semantic"), limits=(2, 4)).found
    assert (found.winner, {gain.mean for gain in found.gains.values()}) == ("recent 5", {0.0})


def test_examples_that_harm_lose_against_none(db: Database, server: FakeServer) -> None:
    truth = dict(TEXTS)

    def answer(body: Any) -> bool:
        texts = [str(message["content"]) for message in body["messages"] if message["role"] == "user"]
        right = next(holds for text, holds in truth.items() if text in texts[-1])
        return right if len(texts) == 1 else not right

    server.answer = answer
    db.sql("-- @ training: off\nSELECT text MEANS 'odd' FROM said")
    found = db.training.sets.race("means", scope=SCOPE, strategies=("semantic",), limits=(3,)).found
    assert found.gains["semantic 3 - none"].high < 0


def test_a_budget_that_ends_early_ends_the_race_and_the_next_one_goes_on(db: Database, server: FakeServer) -> None:
    with pytest.raises(BudgetReached):
        raced(db, budget_usd=1e-7)
    whole = raced(db, limits=(5,)).found
    spent = sum(arm.cost_usd or 0 for arm in whole.arms.values())
    half = raced(db, limits=(4,), budget_usd=spent / 3).found
    assert 0 < half.questions < half.planned == 60
    before = server.calls
    assert raced(db, limits=(4,)).found.questions == 60
    assert 0 < server.calls - before < 120, "what was paid for was not asked again"


def test_what_cannot_be_raced_is_refused_before_anything_is_asked(db: Database, server: FakeServer, tmp_path: Path) -> None:
    before = server.calls
    for given, why in (({"strategies": ("all",)}, "no strategy 'all'"), ({"limits": (0,)}, "0 examples"), ({"limits": ()}, "nothing")):
        with pytest.raises(UsageError, match=why):
            raced(db, **given)
    with pytest.raises(UsageError, match="criterion"):
        db.training.sets.race("means")
    assert server.calls == before
    with rvbbit.connect(tmp_path, model="local:minilm", store=":memory:", database=":memory:") as local:
        local.sql("SELECT 'a kettle' MEANS 'odd'")
        local.training.mark([local.training.examples().rows[0].trace_id], trainable=True, verified=True)
        with pytest.raises(UsageError, match="whole set"):
            local.training.sets.race("means", scope=SCOPE)


def test_a_race_stops_when_told_to(db: Database) -> None:
    stop = threading.Event()
    with pytest.raises(Cancelled):
        raced(db, stop=stop, listen=lambda event: stop.set() if event.done > 70 else None)
    assert [row.race for row in db.training.sets.versions()] == [None]
