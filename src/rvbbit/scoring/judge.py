"""The scorer that asks a model: cascade `assess_confidence`, through a callable that is handed in. It costs what its calls cost.

The judge sees the whole arguments and answer up to `TOKENS` tokens (four bytes of UTF-8 count as one); of longer ones it sees the beginning
and the end, and is told so. Its own calls are of source `judge`: never scored, never examples.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from rvbbit.errors import CascadeInvalid, Error, OutputInvalid, Refused
from rvbbit.scoring.scorer import Verdict
from rvbbit.types import Arguments, Scorable, Value

TOKENS = 6_000
"""Of arguments and answer together that the judge reads."""
BYTES_PER_TOKEN = 4
ASPECTS = ("clarity", "correctness", "completeness", "format")

Ask: TypeAlias = Callable[[Arguments], Awaitable[tuple[Value, float | None]]]
"""Runs the judge's cascade: its answer and what it cost in USD. Raises CallError, BudgetReached."""


@dataclass(frozen=True, slots=True)
class Judge:
    """An answer is worth no more than its correctness, whatever its form: the lower of that and the mean of the four aspects.

    `version` names the cascade as it is and the model.
    """

    ask: Ask
    version: str
    name: ClassVar[str] = "judge"

    async def score(self, batch: Sequence[Scorable]) -> Sequence[Verdict | Error]:
        """All at once. None where the judge was asked and gave no usable answer; an error where it could not be asked."""
        return await asyncio.gather(*(self._verdict(one) for one in batch))

    async def _verdict(self, one: Scorable) -> Verdict | Error:
        try:
            answer, cost = await self.ask(question(one))
        except (OutputInvalid, Refused) as error:
            return Verdict(None, f"the judge gave no verdict: {error.message}", None)
        except Error as error:
            return error
        marks = _marks(answer)
        if marks is None or not isinstance(answer, Mapping):
            return CascadeInvalid(
                f"cascade assess_confidence does not answer {', '.join(ASPECTS)}, each from 0 to 1",
                hint="give the project's own assess_confidence the output_schema of the built-in one",
            )
        value = min(marks["correctness"], sum(marks.values()) / len(marks))
        told = ", ".join(f"{name} {mark:.2f}" for name, mark in marks.items())
        return Verdict(value, f"{answer.get('reason', 'no reason given')} ({told})", cost)


def _marks(answer: Value) -> dict[str, float] | None:
    """The aspects; None where a cascade of the project's own answers otherwise."""
    given = {name: answer.get(name) for name in ASPECTS} if isinstance(answer, Mapping) else {}
    marks = {name: float(mark) for name, mark in given.items() if isinstance(mark, int | float) and 0 <= mark <= 1}
    return marks if len(marks) == len(ASPECTS) else None


def question(one: Scorable) -> dict[str, Value]:
    """The inputs of `assess_confidence`: what was asked and what was answered, as text, within the limit."""
    answer = one.answer if isinstance(one.answer, str) else json.dumps(one.answer, ensure_ascii=False)
    asked = json.dumps(dict(one.arguments), ensure_ascii=False, indent=1)
    half = TOKENS * BYTES_PER_TOKEN // 2
    sizes = len(asked.encode()), len(answer.encode())
    room = max(half, 2 * half - sizes[1]), max(half, 2 * half - sizes[0])  # what one leaves, the other may take
    return {
        "task": f"{one.cell.cascade_id}.{one.cell.cell_name}",
        "arguments": shortened(asked, room[0]),
        "answer": shortened(answer, room[1]),
    }


def shortened(text: str, limit: int) -> str:
    """A text of at most `limit` bytes as it is; of a longer one, the beginning and the end, with how much is left out between."""
    data = text.encode()
    if len(data) <= limit:
        return text
    head, tail = data[: limit // 2].decode(errors="ignore"), data[-(limit // 2) :].decode(errors="ignore")
    return f"{head}\n[… {len(data) - limit:,} bytes left out …]\n{tail}"
