"""`rvbbit training sets` and `evaluate`: what was said reaches the engine, what it found is told."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rvbbit.errors import TrainingError
from rvbbit.training.evaluation import Arm, Evaluation, Gain
from rvbbit.training.race import Race
from rvbbit.types import CellKey, SetVersion

Run = Callable[..., Any]
WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
VERSION = SetVersion("0123456789abcdef", CellKey("means", "judge"), '{"criterion":"x"}', WHEN, None, ("a", "b"), ("1", "2"), (), 2)
ARM = Arm(2, 0.5, 0, 10, 100, 10, None)
FOUND = Evaluation(20, 18, {"none": ARM, "candidate": ARM}, {"candidate - none": Gain(-0.1, -0.2, -0.05)})

GAINS = {"semantic 5 - recent 5": Gain(0.2, 0.05, 0.35), "semantic 5 - none": Gain(0.3, 0.1, 0.5)}
RACE = Race(16, 20, 14, 9, "recent 5", "semantic 5", {"none": ARM, "recent 5": ARM, "semantic 5": ARM}, GAINS)


class FakeSets:
    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def versions(self) -> list[Any]:
        one, proof = VERSION, SimpleNamespace(harm=True)
        changed = {"size": one.size, "added": len(one.added), "removed": len(one.removed)}
        known = {"version": one.version, "cell": one.cell, "scope": one.scope, "timestamp": one.timestamp, **changed}
        return [SimpleNamespace(**known, tags=("good",), live=True, proof=proof, race=SimpleNamespace(result='{"winner": "random 5"}'))]

    def evaluate(self, cascade_id: str, **said: Any) -> Any:
        self.done.append((cascade_id, said))
        return VERSION.version, FOUND

    def race(self, cascade_id: str, *, listen: Any, **said: Any) -> Any:
        self.done.append((cascade_id, said))
        return VERSION.version, RACE

    def use(self, version: str, *, force: bool = False, reason: str | None = None) -> SetVersion:
        if not force:
            raise TrainingError("worse")
        self.done.append(("use", version))
        return VERSION


@pytest.fixture
def fake(db: Any) -> FakeSets:
    db.training = SimpleNamespace(sets=FakeSets())
    return db.training.sets  # type: ignore[no-any-return]


def test_versions_are_listed_with_what_is_known_of_them(fake: FakeSets, rvbbit_cli: Run) -> None:
    out = rvbbit_cli("training", "sets").out
    for told in ("0123456789ab", "means.judge", "criterion", "live good", "harm", "random 5"):
        assert told in out


def test_an_evaluation_is_told_and_goes_live_only_where_it_may(fake: FakeSets, rvbbit_cli: Run) -> None:
    done = rvbbit_cli("training", "evaluate", "means", "--scope", '{"criterion": "x"}', "--rows", "7")
    assert fake.done == [("means", {"scope": {"criterion": "x"}, "candidate": None, "rows": 7})]
    assert "50.0%" in done.out and "-20.0% to -5.0%" in done.out and "does harm on 20 questions" in done.err
    assert rvbbit_cli("training", "evaluate", "means", "--go-live").code == 1
    assert rvbbit_cli("training", "evaluate", "means", "--go-live", "--force").code == 0
    assert fake.done[-1] == ("use", VERSION.version)


def test_an_evaluation_as_json_is_one_object(fake: FakeSets, rvbbit_cli: Run) -> None:
    told = json.loads(rvbbit_cli("training", "evaluate", "means", "--json").out)
    assert (told["harm"], told["questions"], told["gains"]["candidate - none"]["high"]) == (True, 20, -0.05)


@pytest.mark.parametrize("scope", ["x", "[1]"])
def test_a_scope_that_is_no_object_is_refused(fake: FakeSets, rvbbit_cli: Run, scope: str) -> None:
    assert rvbbit_cli("training", "evaluate", "means", "--scope", scope).code == 2
    assert fake.done == []


def test_a_race_is_told_with_what_to_write_into_the_cell(fake: FakeSets, rvbbit_cli: Run) -> None:
    said = ("--strategy", "recent", "--strategy", "semantic", "--limit", "5", "--budget", "0.5", "--rows", "20")
    done = rvbbit_cli("training", "evaluate", "means", "--race", *said)
    chosen = {"strategies": ("recent", "semantic"), "limits": (5,), "budget_usd": 0.5}
    assert fake.done == [("means", {"scope": None, "candidate": None, "rows": 20, **chosen})]
    assert "semantic 5" in done.out and "+5.0% to +35.0%" in done.out
    assert "16 of 20 questions" in done.err and "training_strategy: semantic" in done.err and "training_limit: 5" in done.err
    assert json.loads(rvbbit_cli("training", "evaluate", "means", "--race", "--json").out)["winner"] == "semantic 5"
    assert "strategies" not in fake.done[-1][1], "what is not said is the engine's to choose"


@pytest.mark.parametrize("said", [("--race", "--go-live"), ("--race", "--force"), ("--strategy", "recent"), ("--budget", "1")])
def test_options_that_would_say_nothing_are_refused(fake: FakeSets, rvbbit_cli: Run, said: tuple[str, ...]) -> None:
    assert rvbbit_cli("training", "evaluate", "means", *said).code == 2
    assert fake.done == []
