"""Which pairs are answered both ways, and how many."""

from __future__ import annotations

import pytest

from rvbbit.engine.factoring import balanced, sample_size
from rvbbit.pairwise import Pairs
from rvbbit.sql.factored import Factored
from rvbbit.sql.sides import Sides
from rvbbit.sql.statements import Hints
from rvbbit.types import Operator


def factored(limit: int | None, sample: int | None = None) -> Factored:
    operator = Operator("kindred", "kindred", (), (), "BOOLEAN", pairs=Pairs(factors="K({{ a }}) = K({{ b }})"))
    return Factored(1, 0, operator, "KINDRED(a, b)", "K(a) = K(b)", frozenset({2, 3}), Sides("a", "b", ()), Hints(sample=sample), limit)


@pytest.mark.parametrize(("limit", "size"), [(None, 32), (1, 4), (10, 5), (11, 6), (1000, 32)])
def test_a_limit_makes_the_sample_smaller(limit: int | None, size: int) -> None:
    assert sample_size(factored(limit)) == size
    assert sample_size(factored(limit, 100)) == 100


@pytest.mark.parametrize(
    ("true", "false", "taken"),
    [(20, 20, (4, 4)), (2, 20, (2, 6)), (20, 2, (6, 2)), (0, 20, (0, 8)), (20, 0, (8, 0)), (1, 2, (1, 2)), (0, 0, (0, 0))],
)
def test_half_of_a_sample_is_true_by_its_labels_where_there_are_so_many(true: int, false: int, taken: tuple[int, int]) -> None:
    answers = {(str(i), "x"): i < true for i in range(true + false)} | {("none", "x"): None}
    chosen = [answers[pair] for pair in balanced(answers, 8)]
    assert (chosen.count(True), chosen.count(False)) == taken
    assert None not in chosen
