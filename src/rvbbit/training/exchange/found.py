"""What a file tells of one execution, and the readings of single values that all formats share. It never guesses at what is missing.

A reading that fails raises ValueError with the reason in plain words; the import reports it with the line it stands on.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from rvbbit.types import Arguments, Decision, Score, Usage, Value

Row: TypeAlias = Mapping[str, Any]
"""One object of a JSON file, or one row of a table by column."""

_FIRST_YEAR, _LAST_YEAR = 1970, 2199  # outside of these a date is a mistake, and time zones overflow at the ends of the calendar
_INT64 = 1 << 63
_SECONDS = 1e11  # epochs above it are in milliseconds, and so on by thousands: in seconds it is the year 5138
_UNITS = 3  # milli-, micro-, nanoseconds
_DAY = re.compile(r"(19|2[01])\d{6}")  # 20260131: no epoch of that length is later than 1970
_YES, _NO = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}


@dataclass(frozen=True, slots=True)
class Found:
    """One execution before it has a cell. `prompt` is the one text that was asked about, for formats that do not name their inputs.

    `trace_id`, `decisions` and `scores` are set only where the file is an export of ours; `decided` holds decisions that columns gave.
    """

    answer: Value
    prompt: str | None = None
    arguments: Arguments = field(default_factory=dict)
    source_id: str | None = None
    trace_id: str | None = None
    model: str = ""
    timestamp: datetime | None = None
    session_id: str | None = None
    caller_id: str | None = None
    cascade_id: str | None = None
    cell_name: str | None = None
    usage: Usage = field(default_factory=lambda: Usage(cost_usd=None))
    duration: float = 0.0
    finish_reason: str | None = None
    request: Value = None
    logged: Mapping[str, Any] = field(default_factory=dict)
    decided: Mapping[str, Any] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    scores: tuple[Score, ...] = ()


def moment(value: object) -> datetime:
    """A time: ISO 8601 (UTC where it names no zone), or an epoch in seconds, milli-, micro- or nanoseconds."""
    try:
        found = value if isinstance(value, datetime) else _moment(value)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"{shown(value)} is not a time") from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError(f"{shown(value)} is not a time between {_FIRST_YEAR} and {_LAST_YEAR}")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def count(value: object) -> int:
    """A number of tokens."""
    number = amount(value)
    if number != number // 1 or number >= _INT64:
        raise ValueError(f"{shown(value)} is not a number of tokens")
    return int(number)


def amount(value: object) -> float:
    """A finite number of 0 or more."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{shown(value)} is not a number of 0 or more")
    return number


def share(value: object) -> float:
    """A number from 0 to 1."""
    number = amount(value)
    if number > 1:
        raise ValueError(f"{shown(value)} is not a number from 0 to 1")
    return number


def flag(value: object) -> bool:
    """True or false, also spelled out."""
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"{shown(value)} is neither true nor false")
    return word in _YES


def names(value: object) -> tuple[str, ...]:
    """A list of words: a list, a JSON list, or a text with commas."""
    if isinstance(value, str):
        parsed = parsed_json(value) if value.lstrip().startswith("[") else None
        value = parsed if isinstance(parsed, list) else [part.strip() for part in value.split(",")]
    if not isinstance(value, Sequence):
        raise ValueError(f"{shown(value)} is not a list of words")
    return tuple(str(part) for part in value if part not in (None, ""))


def text(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def parsed_json(value: str) -> Any:
    """What a text says as JSON; None where it is not JSON."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def shown(value: object, limit: int = 60) -> str:
    """A value as a reason quotes it, cut where it is long."""
    quoted = repr(value[: limit + 1] if isinstance(value, str | bytes) else value)
    return quoted if len(quoted) <= limit else quoted[: limit - 1] + "…"


def _moment(value: object) -> datetime:
    spelled = str(value).strip()
    try:
        number = float(spelled)
    except ValueError:
        return datetime.fromisoformat(spelled)
    return datetime.fromisoformat(spelled) if isinstance(value, str) and _DAY.fullmatch(spelled) else _epoch(number)


def _epoch(number: float) -> datetime:
    for _ in range(_UNITS):
        number /= 1000 if abs(number) >= _SECONDS else 1
    return datetime.fromtimestamp(number, UTC)
