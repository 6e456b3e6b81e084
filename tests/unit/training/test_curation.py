"""Decisions: only what is given changes, nothing half done, and every one can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from rvbbit.errors import OutputInvalid, TrainingError, UsageError
from rvbbit.training.curation import Curation, Marked
from rvbbit.types import CellKey, Decision, Example, Execution, Value


class Notebook:
    """An `ExampleStore` of lists: the decisions on executions it was told of."""

    def __init__(self, **cells: str) -> None:
        self.cells = {trace_id: CellKey("cascade", cell) for trace_id, cell in cells.items()}
        self.decisions: list[Decision] = []
        self.taken: list[tuple[str, Decision]] = []

    def revision(self) -> int:
        return len(self.decisions)

    def trainable(self, cell: CellKey) -> list[Example]:
        return []

    def annotate(self, decisions: list[Decision]) -> None:
        self.decisions.extend(decisions)

    def missing(self, trace_ids: list[str]) -> list[str]:
        return [trace_id for trace_id in trace_ids if trace_id not in self.cells]

    def executions(self, *, trace_ids: list[str] = (), batch: str | None = None) -> list[Execution]:  # type: ignore[assignment]
        wanted = {*trace_ids, *(made.trace_id for made in self.decisions if made.batch == batch)}
        return [
            Execution(trace_id, cell, tuple(made for made in self.decisions if made.trace_id == trace_id))
            for trace_id, cell in self.cells.items()
            if trace_id in wanted
        ]

    def take_back(self, batch: str, decision: Decision) -> int | None:
        self.taken.append((batch, decision))
        reached = [made.trace_id for made in self.decisions if made.batch == batch]
        return len(set(reached) & self.cells.keys()) if reached else None

    def now(self, trace_id: str, field: str) -> object:
        """What holds: the newest decision that names the field."""
        named = [made for made in self.decisions if made.trace_id == trace_id and field in made.fields]
        return getattr(named[-1], field) if named else None


@pytest.fixture
def store() -> Notebook:
    return Notebook(a="judge", b="judge", c="other")


@pytest.fixture
def curation(store: Notebook) -> Curation:
    return Curation(store)


def test_mark_decides_only_the_fields_given(store: Notebook, curation: Curation) -> None:
    marked = curation.mark(["a", "b"], author="ann", trainable=True, tags=["x"], reason="looks right")
    assert marked.updated == 2
    assert [(made.trace_id, made.author, made.fields, made.trainable, made.tags, made.reason) for made in store.decisions] == [
        ("a", "ann", ("trainable", "tags"), True, ("x",), "looks right"),
        ("b", "ann", ("trainable", "tags"), True, ("x",), "looks right"),
    ]
    assert {made.batch for made in store.decisions} == {marked.undo}


def test_none_clears_and_is_not_the_same_as_not_given(store: Notebook, curation: Curation) -> None:
    curation.mark(["a"], author="ann", notes="why", confidence=0.5)
    curation.mark(["a"], author="ann", notes=None)
    assert store.decisions[-1].fields == ("notes",)
    assert (store.now("a", "notes"), store.now("a", "confidence")) == (None, 0.5)


def test_an_id_given_twice_is_marked_once(store: Notebook, curation: Curation) -> None:
    assert curation.mark(["a", "a"], author="ann", trainable=True).updated == 1
    assert len(store.decisions) == 1


def test_no_ids_mark_nothing_and_leave_nothing_to_undo(store: Notebook, curation: Curation) -> None:
    marked = curation.mark([], author="ann", trainable=True)
    assert (marked.updated, marked.undo, store.decisions) == (0, None, [])


def test_unknown_ids_are_named_and_nothing_is_half_done(store: Notebook, curation: Curation) -> None:
    with pytest.raises(TrainingError, match=r"x1, x2.*nothing was marked"):
        curation.mark(["a", "x1", "x2"], author="ann", trainable=True)
    assert store.decisions == []


def test_a_thousand_unknown_ids_do_not_make_a_thousand_word_message(curation: Curation) -> None:
    with pytest.raises(TrainingError, match="and 995 more") as raised:
        curation.mark([f"x{n}" for n in range(1_000)], author="ann", trainable=True)
    assert len(raised.value.message) < 200


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan"), 2])
def test_a_confidence_outside_0_to_1_is_refused(store: Notebook, curation: Curation, confidence: float) -> None:
    with pytest.raises(UsageError, match="out of range"):
        curation.mark(["a"], author="ann", confidence=confidence)
    assert store.decisions == []


def test_a_mark_without_any_field_is_refused(curation: Curation) -> None:
    with pytest.raises(UsageError, match="nothing to decide"):
        curation.mark(["a"], author="ann")


def only_booleans_for_the_judge(cascade_id: str, cell_name: str, value: Value) -> None:
    if cell_name == "judge" and not isinstance(value, bool):
        raise OutputInvalid(f"{value!r} is not a boolean")


def test_a_correction_must_fit_every_cell_it_goes_to(store: Notebook) -> None:
    curation = Curation(store, check=only_booleans_for_the_judge)
    with pytest.raises(TrainingError, match=r"cascade\.judge.*a.*'maybe' is not a boolean") as raised:
        curation.mark(["c", "a"], author="ann", corrected_output="maybe")
    assert isinstance(raised.value.__cause__, OutputInvalid)
    assert store.decisions == []
    assert curation.mark(["c"], author="ann", corrected_output="maybe").updated == 1
    assert curation.mark(["a"], author="ann", corrected_output=False).updated == 1
    assert curation.mark(["a"], author="ann", corrected_output=None).updated == 1


def test_undo_is_a_decision_of_its_own_author_that_says_what_it_undid(store: Notebook, curation: Curation) -> None:
    first = curation.mark(["a"], author="ann", trainable=True)
    undone = curation.undo(first.undo or "", author="bob")
    (batch, made) = store.taken[-1]
    assert (batch, undone.updated, undone.undo) == (first.undo, 1, made.batch)
    assert (made.author, made.reason, made.batch != batch) == ("bob", f"undo of {first.undo}", True)


def test_an_undo_that_changes_nothing_leaves_nothing_to_undo(store: Notebook, curation: Curation) -> None:
    store.decisions.append(Decision("gone", "ann", datetime.now(UTC), "batch", ("trainable",)))
    assert curation.undo("batch", author="ann") == Marked(0, None)


def test_undo_of_an_unknown_batch_is_refused(curation: Curation) -> None:
    with pytest.raises(TrainingError, match="nosuch"):
        curation.undo("nosuch", author="ann")


class Found:
    """A filter that reaches two cells and keeps what was decided."""

    def __init__(self, updated: int = 27_000) -> None:
        self.updated = updated
        self.decided: list[Decision] = []

    def cells(self) -> dict[CellKey, str]:
        return {CellKey("cascade", "judge"): "a", CellKey("cascade", "other"): "c"}

    def annotate(self, decision: Decision, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()) -> int:
        self.decided.append(decision)
        return self.updated


def test_a_filter_is_marked_as_one_decision_with_one_undo(curation: Curation) -> None:
    found = Found()
    marked = curation.mark_matching(found, author="ann", trainable=True, tags=["x"], reason="good")
    (made,) = found.decided
    assert (marked.updated, marked.undo) == (27_000, made.batch)
    assert (made.author, made.fields, made.trainable, made.tags, made.reason) == ("ann", ("trainable", "tags"), True, ("x",), "good")


def test_a_filter_that_finds_nothing_leaves_nothing_to_undo(curation: Curation) -> None:
    assert curation.mark_matching(Found(0), author="ann", trainable=True).undo is None


def test_a_correction_by_filter_must_fit_every_cell_it_reaches(store: Notebook) -> None:
    found = Found()
    with pytest.raises(TrainingError, match=r"cascade\.judge"):
        Curation(store, check=only_booleans_for_the_judge).mark_matching(found, author="ann", corrected_output="maybe")
    with pytest.raises(UsageError, match="nothing to decide"):
        Curation(store).mark_matching(found, author="ann")
    assert found.decided == []
