"""Rows with columns of any name → executions: which column is which field, said by `--map COLUMN=FIELD` or guessed from usual names.

Fields that are decisions (`trainable`, `corrected_output`, …) are never guessed: a column called `confidence` is not a person's word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rvbbit.errors import UsageError
from rvbbit.training.exchange.found import Found, Row, amount, count, flag, moment, names, parsed_json, share, shown, text
from rvbbit.types import Usage, Value

GUESSES: Mapping[str, tuple[str, ...]] = {
    "inputs": ("inputs", "arguments"),
    "user_input": ("user_input", "prompt", "question", "query", "instruction", "input", "text", "user", "request", "message"),
    "answer": ("assistant_output", "response", "answer", "completion", "output", "assistant", "generation", "label", "intent", "category"),
    "id": ("id", "log_id", "request_id", "trace_id", "uuid", "custom_id"),
    "model": ("model", "model_name", "model_id", "engine"),
    "timestamp": ("timestamp", "created_at", "start_time", "time", "date", "ts", "created"),
    "session_id": ("session_id", "conversation_id", "thread_id"),
    "caller_id": ("caller_id", "user_id"),
    "cascade_id": ("cascade_id",),
    "cell_name": ("cell_name",),
    "tokens_in": ("tokens_in", "input_tokens", "prompt_tokens"),
    "tokens_out": ("tokens_out", "output_tokens", "completion_tokens"),
    "cost": ("cost", "cost_usd", "total_cost"),
    "duration_ms": ("duration_ms", "latency_ms"),
    "finish_reason": ("finish_reason", "stop_reason"),
}
"""Column names that speak for themselves, the surest first, in any case."""

_DECIDED: Mapping[str, Callable[[Any], Value]] = {
    "trainable": flag, "verified": flag, "confidence": share, "corrected_output": lambda value: value, "notes": text, "tags": names,
}  # fmt: skip
FIELDS = (*GUESSES, *_DECIDED)
_ASKED = {"inputs", "user_input"}  # one of them is enough
_INPUT = "inputs."


@dataclass(frozen=True, slots=True)
class Mapped:
    """Column → field. `left` are the columns that no field takes."""

    fields: Mapping[str, str]
    left: tuple[str, ...]

    def __post_init__(self) -> None:
        for column, name in self.fields.items():
            if name not in FIELDS and not (name.startswith(_INPUT) and len(name) > len(_INPUT)):
                raise UsageError(f"{column}={name}: there is no field {name!r}", hint=f"fields: inputs.NAME, {', '.join(FIELDS)}")


def check(given: Mapping[str, str]) -> None:
    """Refuse fields that do not exist. Raises UsageError."""
    Mapped(given, ())


def guessed(columns: Sequence[str], given: Mapping[str, str]) -> Mapped:
    """What was said, and for fields that nothing was said of the surest column that is free."""
    fields = dict(given)
    taken = set(given.values())
    lower = {column.lower(): column for column in reversed(columns)}
    for name, usual in GUESSES.items():
        if name in taken or (name in _ASKED and taken & _ASKED):
            continue
        column = next((lower[one] for one in usual if one in lower and lower[one] not in fields), None)
        if column is not None:
            fields[column] = name
            taken.add(name)
    return Mapped(fields, tuple(column for column in columns if column not in fields))


def execution(row: Row, mapped: Mapped) -> Found:
    """The execution of one row. Raises ValueError with the column at fault."""
    values = {name: _field(row, column, name) for column, name in mapped.fields.items()}
    inputs, prompt = values.get("inputs") or {}, values.get("user_input")
    if not isinstance(inputs, Mapping):
        raise ValueError(f"inputs {shown(inputs)} are not an object")
    named = {name.removeprefix(_INPUT): value for name, value in values.items() if name.startswith(_INPUT) and value is not None}
    arguments = {**inputs, **named}
    if prompt is None and not arguments:
        raise ValueError(f"nothing says what was asked{_absent(row, mapped)}; map a column to user_input")
    if values.get("answer") is None:
        raise ValueError(f"nothing says what was answered{_absent(row, mapped)}; map a column to answer")
    given: dict[str, Any] = {name: values.get(name) for name in ("session_id", "caller_id", "cascade_id", "cell_name", "finish_reason")}
    return Found(
        values["answer"],
        None if prompt is None else text(prompt),
        arguments,
        source_id=values.get("id"),
        model=values.get("model") or "",
        timestamp=values.get("timestamp"),
        usage=Usage(values.get("tokens_in") or 0, values.get("tokens_out") or 0, 0, values.get("cost")),
        duration=(values.get("duration_ms") or 0.0) / 1000,
        decided={name: values[name] for name in _DECIDED if values.get(name) is not None},
        **given,
    )


_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("id", "model", "session_id", "caller_id", "cascade_id", "cell_name", "finish_reason"), text),
    "inputs": lambda value: parsed_json(value) if isinstance(value, str) else value,
    "timestamp": moment, "tokens_in": count, "tokens_out": count, "cost": amount, "duration_ms": amount, **_DECIDED,
}  # fmt: skip


def _field(row: Row, column: str, name: str) -> Any:
    """A column's value as its field has it; None where it is empty."""
    value = row[column] if column in row else _inside(row, column)
    if value is None or (value == "" and name not in ("answer", "user_input")):  # a model may say nothing: that is an answer
        return None
    try:
        return _READ[name](value) if name in _READ else value
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from error


def _absent(row: Row, mapped: Mapped) -> str:
    absent = [column for column in mapped.fields if column not in row and _inside(row, column) is None]
    return f" (there is no {absent[0]!r})" if absent else ""


def _inside(row: Row, path: str) -> Any:
    """`request.prompt` of nested objects."""
    found: Any = row
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
