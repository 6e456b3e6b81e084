"""What a model's prompt cache should know: the starts of prompts that were sent and answered. It asks nobody and stores nothing on disk.

A start counts once an answer to it has come, as providers have it: calls that are on their way together cannot hit each other's. Where a
start must be marked to be kept, and writing it costs extra, it is marked from its second sighting on, by one call at a time until that one
is answered, and by all from then on. So a prompt that nobody repeats never pays for writing, and a crowd of calls pays for one.
Prefixes are chains of hashes over pieces of text, so that a look-up costs microseconds and memory is bounded.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rvbbit.providers.prompt_caches import PromptCache
from rvbbit.types import Message, Request, Usage

PIECE = 256  # characters, about 64 tokens: what the finest cache counts in
MOST = 16_384  # prefixes remembered a model: some megabytes
SCHEMAS = 256
CHARACTERS_PER_TOKEN = 4
AROUND = 16  # characters that a message's frame counts as


@dataclass(frozen=True, slots=True)
class Sent:
    """One call. The cache should know the first `known` of its `size` characters; the first `stable` messages are to be marked.

    `prefixes` are its own, shortest first; `writes` says that no other call writes them meanwhile.
    """

    prefixes: tuple[int, ...] = ()
    known: int = 0
    size: int = 0
    stable: int = 0
    writes: bool = False


@dataclass(slots=True)
class _Place:
    """A prefix: when it was last in use, whether a call that writes it is on its way, and whether one was answered."""

    used: float
    writing: bool = False
    kept: bool = False


class Prefixes:
    """Of one model. `clock` in seconds. Used on one event loop."""

    def __init__(self, cache: PromptCache, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache = cache
        self._clock = clock
        self._places: OrderedDict[int, _Place] = OrderedDict()
        self._schemas: dict[int, tuple[Mapping[str, Any], int]] = {}

    def sending(self, request: Request) -> Sent:
        """A call about to go out; to be ended by `answered` or `failed`."""
        return self._sending_marked(request) if self._cache.marked else self._sending(request)

    def answered(self, sent: Sent) -> None:
        """From now on the cache knows what this call sent."""
        now = self._clock()
        for prefix in reversed(sent.prefixes):  # the shortest last: it is the one most shared, so it is forgotten last
            place = self._touched(prefix, now)
            if not self._cache.marked or sent.stable:
                place.kept, place.writing = True, False
        while len(self._places) > MOST:
            self._places.popitem(last=False)

    def failed(self, sent: Sent) -> None:
        """No answer came: nothing is known to be kept."""
        if sent.writes:
            for prefix in sent.prefixes:
                if prefix in self._places:
                    self._places[prefix].writing = False

    def expected(self, sent: Sent, usage: Usage) -> int:
        """Tokens that the cache should have known. The prompt's whole length is the provider's own count, where it gave one."""
        if not sent.known:
            return 0
        whole = usage.tokens_in or sent.size // CHARACTERS_PER_TOKEN
        known = whole - -(-(sent.size - sent.known) // CHARACTERS_PER_TOKEN)
        return 0 if known < self._cache.minimum else known // self._cache.step * self._cache.step

    def _sending(self, request: Request) -> Sent:
        now, prefix = self._clock(), self._head(request)
        prefixes, known, size, knows = [], 0, 0, True
        for message in request.messages:
            text = message.content
            size += AROUND
            for start in range(0, len(text) or 1, PIECE):
                piece = text[start : start + PIECE]
                prefix = hash((prefix, message.role, start, piece))
                prefixes.append(prefix)
                size += len(piece)
                knows = knows and self._fresh(prefix, now) is not None
                known = size if knows else known
        return Sent(tuple(prefixes), known, size, request.stable)

    def _sending_marked(self, request: Request) -> Sent:
        stable, size = _length(request.messages[: request.stable]), _length(request.messages)
        if stable < self._cache.minimum:  # a token has at least one character
            return Sent(size=size)
        now = self._clock()
        prefix = hash((self._head(request), *((message.role, message.content) for message in request.messages[: request.stable])))
        place = self._fresh(prefix, now)
        if place is None:
            self._touched(prefix, now)
            return Sent((prefix,), size=size)
        if place.kept:
            return Sent((prefix,), stable, size, request.stable)
        if place.writing:
            return Sent((prefix,), size=size)
        place.writing = True
        return Sent((prefix,), size=size, stable=request.stable, writes=True)

    def _fresh(self, prefix: int, now: float) -> _Place | None:
        place = self._places.get(prefix)
        return None if place is None or now - place.used > self._cache.seconds else place

    def _touched(self, prefix: int, now: float) -> _Place:
        place = self._fresh(prefix, now)
        if place is None:
            place = self._places[prefix] = _Place(now)
        place.used = now
        self._places.move_to_end(prefix)
        return place

    def _head(self, request: Request) -> int:
        """A hash of what stands in front of the messages: the schema. A cell hands over the same object again and again."""
        schema = request.output_schema
        if schema is None:
            return 0
        if (known := self._schemas.get(id(schema))) is None or known[0] is not schema:
            if len(self._schemas) >= SCHEMAS:
                self._schemas.clear()
            known = self._schemas[id(schema)] = (schema, hash(json.dumps(schema, sort_keys=True)))
        return known[1]


def _length(messages: Sequence[Message]) -> int:
    return sum(len(message.content) + AROUND for message in messages)
