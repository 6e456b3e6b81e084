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
from rvbbit.types import CellKey, SetVersion

Run = Callable[..., Any]
WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
VERSION = SetVersion("0123456789abcdef", CellKey("means", "judge"), '{"criterion":"x"}', WHEN, None, ("a", "b"), ("1", "2"), (), 2)
ARM = Arm(2, 0.5, 0, 10, 100, 10, None)
FOUND = Evaluation(20, 18, {"none": ARM, "candidate": ARM}, {"candidate - none": Gain(-0.1, -0.2, -0.05)})


class FakeSets:
    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def versions(self) -> list[Any]:
        one, proof = VERSION, SimpleNamespace(harm=True)
        changed = {"size": one.size, "added": len(one.added), "removed": len(one.removed)}
        known = {"version": one.version, "cell": one.cell, "scope": one.scope, "timestamp": one.timestamp, **changed}
        return [SimpleNamespace(**known, tags=("good",), live=True, proof=proof)]

    def evaluate(self, cascade_id: str, **said: Any) -> Any:
        self.done.append((cascade_id, said))
        return VERSION.version, FOUND

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
    for told in ("0123456789ab", "means.judge", "criterion", "live good", "harm"):
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
