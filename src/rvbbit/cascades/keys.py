"""The cache key of a question: a hash of all that it is, made for many questions at once. Older logs hold these very keys.

It decides nothing about what belongs to a question.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import repeat
from json.encoder import encode_basestring_ascii
from typing import Any

from rvbbit.types import Arguments

BYTES = 16
_canonical = json.JSONEncoder(sort_keys=True).encode  # made once: `json.dumps` makes one a call


def hashed(content: Any) -> str:
    """A key of anything JSON can hold."""
    return blake2b(_canonical(content).encode(), digest_size=BYTES).hexdigest()


def keys_of(fingerprint: str, arguments: Sequence[Arguments], versions: Sequence[str], take: int) -> list[str]:
    """`hashed([fingerprint, one, version, take])` of each arguments and its version, in a fifth of the time: there is one a row.

    What is one object in all rows is written as JSON once, and texts, which most others are, without a Python call each.
    """
    if not arguments:
        return []
    names = arguments[0].keys()
    if any(one.keys() != names for one in arguments):
        return [hashed([fingerprint, one, version, take]) for one, version in zip(arguments, versions, strict=True)]
    parts: list[Iterable[str]] = [repeat(f"[{_canonical(fingerprint)}, {{", len(arguments))]
    for place, name in enumerate(sorted(names)):
        parts += [repeat(f"{', ' if place else ''}{_canonical(name)}: "), _written([one[name] for one in arguments])]
    parts += [repeat("}, "), _written(versions), repeat(f", {take}]")]
    texts = map("".join, zip(*parts, strict=False))  # as many as the first part
    return [blake2b(text.encode(), digest_size=BYTES).hexdigest() for text in texts]


def _written(values: Sequence[Any]) -> Iterable[str]:
    """Each value as JSON; for ever where all are one."""
    first = values[0]
    if all(value is first for value in values):
        return repeat(_canonical(first))
    if set(map(type, values)) == {str}:
        return map(encode_basestring_ascii, values)
    return map(_canonical, values)
