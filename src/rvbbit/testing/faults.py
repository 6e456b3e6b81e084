"""What goes wrong on the fake server, and when: a script that is used up in order, and faults that hit a share of all requests.

Knows no sockets; the server acts the faults out.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "hang", "close", "malformed", "prose", "refuse", "cut_off"]

FAULT = "a fault the fake server was told to have"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `retry_after` is what the header of that name says: seconds, or an HTTP date."""

    kind: Kind
    status: int = 500
    retry_after: float | str | None = None
    message: str = FAULT


@dataclass(slots=True)
class _Share:
    fault: Fault
    share: float
    dice: random.Random


@dataclass(slots=True)
class Script:
    """The faults to come. Used from any thread."""

    _once: deque[Fault] = field(default_factory=deque)
    _shares: list[_Share] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, *, times: int = 1, share: float | None = None, seed: int = 0) -> None:
        """The next `times` requests without a fault yet have this one; with `share`, that share of all requests from now on."""
        with self._lock:
            if share is None:
                self._once.extend([fault] * times)
            else:
                self._shares.append(_Share(fault, share, random.Random(seed)))

    def next(self) -> Fault | None:
        """The fault of the request at hand, None where it is to be answered."""
        with self._lock:
            if self._once:
                return self._once.popleft()
            hit = [standing.fault for standing in self._shares if standing.dice.random() < standing.share]
            return hit[0] if hit else None

    def clear(self) -> None:
        """Nothing fails any more."""
        with self._lock:
            self._once.clear()
            self._shares.clear()
