"""One question put to a model until its answer can be used: request, answer, check, and again with the reason. Each attempt is logged
before anything is made of it. A provider's error is not tried again here: that is the retry wrapper's, and only its."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from rvbbit.cascades import prompt
from rvbbit.cascades.errand import Errand
from rvbbit.cascades.flights import Flight
from rvbbit.cascades.output import Output
from rvbbit.cascades.plans import CellPlan
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.tally import Tally
from rvbbit.errors import CallError, OutputInvalid, ProviderError
from rvbbit.interfaces import Provider
from rvbbit.types import NO_EXAMPLES, Arguments, CallRecord, Completion, ExampleSet, LocalTask, Message, Request, Usage, Value

Recorded: TypeAlias = Callable[..., CallRecord]
"""The record of a call that was answered, once it is said what was made of the answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """`messages` is empty for a model that reads none; the first `stable` of them are what other calls send, too. `key` is None where the
    answer must not be found again. `evaluator` marks the question which of several takes is best: no examples, no wards, a name of its own
    in the log."""

    errand: Errand
    cell: CellPlan
    provider: Provider
    model: str
    fingerprint: str
    output: Output
    arguments: Arguments
    messages: tuple[Message, ...]
    state: Mapping[str, Value]
    key: str | None
    tally: Tally
    take: int = 0
    examples: ExampleSet = NO_EXAMPLES
    local: LocalTask | None = None
    stable: int = 0
    evaluator: bool = False
    step: str = ""

    async def run(self, flight: Flight[Value]) -> Value:
        """The answer, once it is on disk. Raises CallError, BudgetReached, DatabaseError."""
        request = self.request()
        attempts = self._spec.rules.max_attempts if self.provider.reads_messages else 1
        for attempt in range(1, attempts + 1):
            completion, record = await self._complete(flight, request, attempt)
            self.tally.add(completion.usage)
            try:
                value = await self.checked(completion)
            except OutputInvalid as error:
                await flight.safely(self.errand.remember(record(**_failed(error)), failed=attempt == attempts))
                if attempt == attempts:
                    raise self._used_up(error, attempts) from error
                request = replace(request, messages=(*self.messages, *prompt.again(completion.text or "", error.message)))
                continue
            await flight.safely(self.errand.remember(record(answer=value, cache_key=self.key)))
            return value
        raise AssertionError("max_attempts is at least 1")

    @property
    def _spec(self) -> LLMCell:
        assert isinstance(self.cell.spec, LLMCell)
        return self.cell.spec

    def request(self) -> Request:
        """What the provider is asked."""
        return Request(
            model=self.model,
            messages=self.messages,
            arguments=self.arguments,
            examples=self.examples,
            local=self.local,
            output_schema=self.output.schema(self.arguments),
            temperature=self._spec.temperature,
            max_tokens=self._spec.max_tokens,
            timeout=self._spec.rules.timeout,
            stable=self.stable,
        )

    async def _complete(self, flight: Flight[Value], request: Request, attempt: int) -> tuple[Completion, Recorded]:
        started, ticks = self.errand.tools.clock(), time.perf_counter()
        try:
            completion = await self.provider.complete(request)
        except CallError as error:
            spent = error.usage if isinstance(error, ProviderError) and isinstance(error.usage, Usage) else Usage()
            self.tally.add(spent)
            took, what = time.perf_counter() - ticks, {"model": self.model, "attempt": attempt, "usage": spent, **_failed(error)}
            await flight.safely(self.errand.remember(self.record(started, took, **what), failed=True))
            raise
        return completion, partial(self.record, started, time.perf_counter() - ticks, attempt=attempt, **_of(completion))

    def record(self, started: datetime, duration: float, **more: Any) -> CallRecord:
        """What is logged of it; `more` is what the model said and what was made of it. `duration` in seconds."""
        # The student learns from a whole set: its version says which, and listing it in every row would repeat it a thousand times.
        ids = () if self.examples.strategy == "all" else tuple(example.trace_id for example in self.examples.examples)
        return self.errand.record(
            self.cell,
            self.arguments,
            self.fingerprint,
            started,
            duration,
            "evaluator" if self.evaluator else self.step,
            take=self.take,
            run_id=self.tally.run_id,
            set_version=self.examples.version,
            example_ids=ids,
            **more,
        )

    async def checked(self, completion: Completion) -> Value:
        """The typed answer. Raises OutputInvalid with the reason, also where a ward is not satisfied."""
        if completion.text is None:
            value = self.output.fit(completion.value, self.arguments)
        else:
            value = self.output.read(completion.text, self.arguments)
        for ward in () if self.evaluator else self.cell.wards:
            reason = await ward.reason(value, self.arguments, self._names(), self.errand.tools.run_sql)
            if reason is not None:
                raise OutputInvalid(reason)
        return value

    def _names(self) -> dict[str, Any]:
        assert self.cell.prompt is not None
        return self.cell.prompt.names(self.arguments, self.state)

    def _used_up(self, error: OutputInvalid, attempts: int) -> OutputInvalid:
        times = "once" if attempts == 1 else f"{attempts} times"
        hint = error.hint or f"the answers are in the log; change the instructions of {self.cell.where}, or try another model"
        return OutputInvalid(f"{self.cell.where}: {self.model} was asked {times} and gave no usable answer: {error.message}", hint=hint)


def _failed(error: CallError) -> dict[str, Any]:
    return {"error": error.message, "error_code": error.code}


def _of(completion: Completion) -> dict[str, Any]:
    return {
        "model": completion.model,
        "request": completion.sent,
        "response": completion.received,
        "probability": completion.probability,
        "finish_reason": completion.finish_reason,
        "usage": completion.usage,
        "tokens_cached_expected": completion.tokens_cached_expected,
    }
