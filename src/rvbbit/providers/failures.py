"""An answer that is no answer → one of our errors: by status, by the server's own words, by the pause it asks for.

Pure. After OpenAI's error codes guide, RFC 9110 §10.2.3 (Retry-After) and OpenRouter's errors inside a 200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from rvbbit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    Refused,
    TerminalError,
    Unavailable,
)

LONGEST_QUOTE = 500
NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_credits")
FILTERED = ("content_filter", "content_policy_violation", "moderation_blocked")


def failure(who: str, status: int, headers: Mapping[str, str], body: Any, *, key_env: str, now: datetime) -> ProviderError:
    """The error that an HTTP status of 3xx, 4xx or 5xx means. `who` is the `provider:model` asked; `body` the answer, parsed or as text."""
    said, code = words(body)
    message = f"{who}: {status}: {said or 'no reason given'}"
    if status in (402, 429) and (status == 402 or code in NO_CREDIT):
        return TerminalError(message, hint="the account has no credit left: see the provider's billing page", status=status)
    if code in FILTERED:
        return Refused(message, hint="the provider's content filter stopped it; rephrase the row or use another model", status=status)
    if status in (401, 403):
        return AuthenticationFailed(message, hint=f"check the key in the environment variable {key_env}", status=status)
    if status == 404:
        return ModelNotFound(message, hint="check the model's name, and the base URL where you set one", status=status)
    if status == 429:
        return RateLimited(message, hint="lower RVBBIT_CONCURRENCY, or wait", status=status, retry_after=pause(headers, now))
    if status == 408:
        return ProviderTimeout(message, hint="try again", status=status)
    if status >= 500 or status in (409, 425):
        return Unavailable(message, hint="the provider has trouble; try again later", status=status)
    if status < 400:
        return TerminalError(f"{who}: {status}: moved to {headers.get('Location', 'nowhere')}", hint="correct the base URL", status=status)
    return TerminalError(message, hint="the provider will not take this request as it is", status=status)


def words(body: Any) -> tuple[str, str | None]:
    """What an error body says, and its code. Reads OpenAI's, OpenRouter's, FastAPI's (vLLM) and plain shapes."""
    error = body.get("error", body.get("detail", body.get("message", ""))) if isinstance(body, Mapping) else body
    if isinstance(error, Mapping):
        code = error.get("code") or error.get("type")
        return _short(error.get("message") or error), code if isinstance(code, str) else None
    return _short(error), None


def _short(text: Any) -> str:
    flat = "" if text is None else " ".join(str(text).split())
    return flat if len(flat) <= LONGEST_QUOTE else f"{flat[:LONGEST_QUOTE]}…"


def pause(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, `Retry-After` (seconds or a date), else `x-ratelimit-reset-*`."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if asked := headers.get("Retry-After"):
        return _number(asked) if _number(asked) is not None else _until(asked, now)
    resets = {name: _reset(headers.get(f"x-ratelimit-reset{name}"), now) for name in ("-requests", "-tokens", "")}
    known = {name: seconds for name, seconds in resets.items() if seconds is not None}
    used_up = [seconds for name, seconds in known.items() if headers.get(f"x-ratelimit-remaining{name}") == "0"]
    return max(used_up, default=min(known.values(), default=None))


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*\d+(\.\d+)?\s*", text) else None


def _until(date: str, now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _reset(text: str | None, now: datetime) -> float | None:
    """`1s`, `6m0s`, `120ms` (OpenAI, Groq), seconds, or an epoch in seconds or milliseconds (OpenRouter)."""
    if text is None:
        return None
    if (number := _number(text)) is not None:
        seconds = number / 1000 if number > 1e11 else number
        return max(0.0, seconds - now.timestamp()) if seconds > 1e9 else seconds
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    return sum(float(amount) * _UNITS[unit] for amount, unit in parts) if parts else None
