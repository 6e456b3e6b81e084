"""Which size of request is proven: by exact tails, in growing order, and given up when check rows speak against it."""

from __future__ import annotations

import math
import random

import pytest

from rvbbit.cascades.agreement import LADDER, RISK, Evidence, agrees, comparable, passes, sample, tail


def test_the_sample_is_the_smallest_that_forgives_one_disagreement() -> None:
    assert sample(0.98) == 236
    assert passes(235, 236, 0.98)
    assert not passes(234, 236, 0.98)
    assert not passes(234, 235, 0.98)


def test_the_tail_is_the_binomials() -> None:
    assert tail(0, 10, 0.9) == pytest.approx(0.9**10)
    assert tail(10, 10, 0.9) == pytest.approx(1.0)
    assert tail(2, 5, 0.5) == pytest.approx(sum(math.comb(5, k) for k in range(3)) / 32)


def test_a_size_below_the_target_is_seldom_proven() -> None:
    dice, tried = random.Random(0), sample(0.95)
    proven = sum(passes(sum(dice.random() < 0.95 for _ in range(tried)), tried, 0.95) for _ in range(2_000))
    assert proven / 2_000 <= RISK + 0.015


def test_sizes_are_proven_in_growing_order() -> None:
    good, bad = (236, 236), (200, 236)
    evidence = Evidence(0.98)
    assert (evidence.size, evidence.settled) == (1, False)
    evidence = evidence.tried(4, *good)
    assert (evidence.size, evidence.settled) == (4, False)
    assert (evidence.tried(8, *bad).size, evidence.tried(8, *bad).settled) == (4, True)
    for size in LADDER:
        evidence = evidence.tried(size, *good)
    assert (evidence.size, evidence.settled) == (32, True)
    assert Evidence(0.98).tried(4, *bad).tried(8, *good).size == 1


def test_check_rows_give_a_size_up_and_the_next_smaller_one_holds() -> None:
    evidence = Evidence(0.98)
    for size in LADDER:
        evidence = evidence.tried(size, 236, 236)
    for agreed in [True] * 10 + [False]:
        evidence = evidence.checked(32, agreed=agreed)
    assert evidence.size == 32  # one of eleven may be chance
    for _ in range(2):
        evidence = evidence.checked(32, agreed=False)
    assert evidence.size == 16


def test_evidence_is_read_as_it_was_said_and_rubbish_is_none() -> None:
    evidence = Evidence(0.98).tried(4, 235, 236).checked(4, agreed=False)
    assert Evidence.read(0.98, evidence.said()) == evidence
    for rubbish in (None, 3, {}, {"trials": 1, "checks": 2}, {"trials": {"x": [1, 2]}, "checks": {}}, {"trials": {"4": [1]}, "checks": {}}):
        assert Evidence.read(0.98, rubbish) == Evidence(0.98)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (True, True, True),
        (True, False, False),
        (True, 1, False),
        ("a", "a", True),
        ("a", "b", False),
        (0.5, 0.54, True),
        (0.5, 0.6, False),
        (None, None, True),
        (None, False, False),
        ({"a": 0.5}, {"a": 0.51}, True),
        ({"a": 0.5}, {"b": 0.5}, False),
        (["a"], ["a", "b"], False),
    ],
)
def test_answers_agree(one: object, other: object, same: bool) -> None:
    assert agrees(one, other) is same  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schema", "can"),
    [
        (None, False),
        ({"type": "string"}, False),
        ({"type": "string", "enum": "{{ input.labels }}"}, True),
        ({"type": "boolean"}, True),
        ({"type": "number"}, True),
        ({"type": "array", "items": {"type": "string"}}, False),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}, "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}, False),
        ({"type": "object"}, False),
    ],
)
def test_free_text_cannot_be_compared(schema: dict[str, object] | None, can: bool) -> None:
    assert comparable(schema) is can
