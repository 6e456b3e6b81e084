"""Answers that number the distinct items of a list, from 1: the numbers checked, the items put in their place. It knows no model.

A model that says `[3, 17]` cannot misspell what it means, and says it in few tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rvbbit.cascades.templates import counted
from rvbbit.errors import OutputInvalid
from rvbbit.types import Arguments, Value

SAID = 5  # numbers that a message names


@dataclass(frozen=True, slots=True)
class Picks:
    """`source` is the input that holds the list; `each_once`: every item must be numbered once."""

    source: str
    each_once: bool = False

    def items(self, answer: Value, arguments: Arguments) -> Value:
        """The answer with items for numbers. In a list, an item that is an object with a list in it stands for what is in that list.

        Raises OutputInvalid for a number that is no item's, and where an item is missing or numbered twice though each is wanted once.
        """
        items = self._listed(arguments)
        numbers = list(_numbers(answer))
        if wrong := [number for number in numbers if not 1 <= number <= len(items)]:
            raise OutputInvalid(f"there is no item {wrong[0]}; they are numbered from 1 to {len(items)}")
        if self.each_once and (problem := _uneven(numbers, len(items))):
            raise OutputInvalid(problem)
        placed: Value = _placed(answer, items)
        return placed

    def bounded(self, schema: Any, arguments: Arguments) -> Any:
        """A schema that says which numbers there are."""
        return _bounded(schema, len(self._listed(arguments)))

    def _listed(self, arguments: Arguments) -> list[Value]:
        given = arguments[self.source]
        return [item for item, _ in counted(given if isinstance(given, list | tuple) else [given])]


def _bounded(schema: Any, count: int) -> Any:
    if isinstance(schema, Mapping):
        inner = {key: _bounded(value, count) for key, value in schema.items()}
        return {**inner, "minimum": 1, "maximum": count} if schema.get("type") == "integer" else inner
    return [_bounded(item, count) for item in schema] if isinstance(schema, list) else schema


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _numbers(one)


def _uneven(numbers: Sequence[int], count: int) -> str:
    missing = sorted(set(range(1, count + 1)) - set(numbers))
    twice = sorted({number for number in numbers if numbers.count(number) > 1}) if len(set(numbers)) < len(numbers) else []
    said = [f"{what} {', '.join(map(str, some[:SAID]))}" for what, some in (("missing:", missing), ("given twice:", twice)) if some]
    return f"each item must stand in the answer once; {'; '.join(said)}" if said else ""


def _placed(value: Any, items: Sequence[Value]) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return items[value - 1]
    if isinstance(value, Mapping):
        return {name: _placed(one, items) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [item for one in value for item in _opened(_placed(one, items), one)]
    return value


def _opened(item: Any, said: Any) -> Sequence[Any]:
    if isinstance(said, int) and isinstance(item, Mapping):
        return next((inner for inner in item.values() if isinstance(inner, list | tuple)), [item])
    return [item]
