"""How operators are written, taken apart."""

from __future__ import annotations

import pytest

from rvbbit.errors import CascadeInvalid
from rvbbit.sql.patterns import Function, Grammar, Infix, read
from rvbbit.types import Operator, Parameter


def operator(name: str, *patterns: str, slots: tuple[str, ...] = ("a", "b")) -> Operator:
    return Operator(name, name, patterns, tuple(Parameter(slot) for slot in slots), "BOOLEAN", origin=f"{name}.yaml")


def test_every_operator_can_be_written_as_a_function_of_all_its_parameters() -> None:
    (only,) = read(operator("fits"))
    assert only == Function(operator("fits"), "FITS", ("a", "b"))


def test_the_function_that_every_operator_has_is_not_read_twice() -> None:
    assert len(list(read(operator("fits", "FITS({{ a }}, {{ b }})")))) == 1


def test_an_infix_has_words_between_its_slots() -> None:
    made = operator("fits", "{{a}} fits  Into {{ b }}")
    assert list(read(made))[1] == Infix(made, ("a", "b"), (("FITS", "INTO"),))


def test_an_infix_may_have_more_than_two_slots() -> None:
    made = operator("lies", "{{ a }} LIES FROM {{ b }} UP TO {{ c }}", slots=("a", "b", "c"))
    assert list(read(made))[1] == Infix(made, ("a", "b", "c"), (("LIES", "FROM"), ("UP", "TO")))


@pytest.mark.parametrize(
    "pattern", ["{{ a }} FITS", "{{ a }} {{ b }}", "{{ a FITS {{ b }}", "{{ a }}", "FITS {{ a }}", "FITS({{ a }}", "two words({{ a }})", ""]
)
def test_a_pattern_that_cannot_be_read_names_its_file_and_itself(pattern: str) -> None:
    with pytest.raises(CascadeInvalid) as caught:
        list(read(operator("fits", pattern)))
    assert "operator fits" in str(caught.value)
    assert all(problem.startswith("fits.yaml:") for problem in caught.value.problems)


def test_longer_runs_of_words_are_tried_first() -> None:
    grammar = Grammar.of([operator("short", "{{ a }} FITS {{ b }}"), operator("long", "{{ a }} FITS INTO {{ b }}")])
    assert [pattern.operator.name for pattern in grammar.infixes["FITS"]] == ["long", "short"]


def test_words_lists_all_that_can_start_an_operator() -> None:
    assert Grammar.of([operator("fits", "{{ a }} GOES INTO {{ b }}")]).words() == ["FITS", "GOES"]
