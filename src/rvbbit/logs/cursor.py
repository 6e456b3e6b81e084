"""Where a page of a listing starts: the sort value and id of the row before it, as opaque text that people hand back.

It comes from outside when it comes back, so everything about it is checked. It holds no filter: the one who asks says it again.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, TypeAlias

from rvbbit.errors import UsageError

Place: TypeAlias = "tuple[datetime | float | int | str | None, str]"
"""The value a row is sorted by (None: it has none) and its id."""

_MOST = 10_000  # characters: more than any id that a listing shows
_NUMBERS = 2**63  # beyond which no column goes


def write(kind: str, place: Place) -> str:
    """The cursor of the page after a row. `kind` names the listing, its sort and its order."""
    value, id_ = place
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([kind, plain, id_]).encode()).decode().rstrip("=")


def read(text: str, kind: str, type_: type) -> Place:
    """The row that a cursor names. Raises UsageError for a cursor of another listing, and for what is none."""
    try:
        if len(text) > _MOST:
            raise ValueError("too long")
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        known, value, id_ = found
        if known != kind or not isinstance(id_, str):
            raise ValueError("of another listing")
        id_.encode()
        return _value(value, type_), id_
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError(
            "this cursor is not one of this listing", hint="give back the `next` of the page before, with the same filter, sort and order"
        ) from error


def _value(value: Any, type_: type) -> Any:
    """As the column has it. Raises ValueError, TypeError."""
    if value is None:
        return None
    if type_ is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment
    if type_ is str:
        if not isinstance(value, str):
            raise TypeError("not text")
        value.encode()
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -_NUMBERS < value < _NUMBERS:
        raise TypeError("not a number")
    return value
