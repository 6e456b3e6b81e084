"""A list too long for one question, in parts: which parts there are, and how many questions it takes. Arithmetic; it asks nobody.

Parts are runs of the list, which comes sorted. Where they end depends on the values at that place alone (content-defined chunking, as in
rsync and restic): a value more or less in the list changes one part or two, and the answers to the others are found again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from rvbbit.types import Value

CHARACTERS_PER_TOKEN = 4
AROUND = 8  # tokens that a template puts around a value
ENDS = 8  # beyond half of the room, one value in so many ends a part


def tokens(value: Value) -> int:
    """About how many a value takes in a prompt."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return len(text) // CHARACTERS_PER_TOKEN + AROUND


def parts(values: Sequence[Value], room: int) -> list[list[Value]]:
    """The list in runs of at most `room` tokens each; a single value that is longer stands alone. One run where all of it fits."""
    sizes = [tokens(value) for value in values]
    if sum(sizes) <= room:
        return [list(values)]
    found: list[list[Value]] = [[]]
    held = 0
    for value, size in zip(values, sizes, strict=True):
        if found[-1] and held + size > room:
            found.append([])
            held = 0
        found[-1].append(value)
        held += size
        if held >= room // 2 and _ends(value):
            found.append([])
            held = 0
    return [part for part in found if part]


def groups(count: int, at_once: int) -> list[range]:
    """So many answers, at most `at_once` together."""
    return [range(start, min(start + at_once, count)) for start in range(0, count, at_once)]


def flattened(answers: Sequence[Value]) -> list[Value]:
    """The answers as one list: what is a list itself gives its items."""
    return [item for answer in answers for item in (answer if isinstance(answer, list | tuple) else [answer])]


def _ends(value: Value) -> bool:
    digest = hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=1).digest()
    return digest[0] % ENDS == 0
