"""What a piece of work took this process: seconds on the wall, seconds of CPU in all threads, and the most memory it ever held.

Needs nothing but Python, so that peers can be measured by it in their own environments.
"""

from __future__ import annotations

import os
import resource
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CONCURRENCY = 64
"""Model calls in flight at most, for every system."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Took:
    """`wall` and `cpu` in seconds; `rss` in MB, of the whole process until now."""

    wall: float
    cpu: float
    rss: float


def forget() -> None:
    """The fake server at `OPENAI_BASE_URL` counts from nothing again."""
    address = os.environ["OPENAI_BASE_URL"].removesuffix("/v1") + "/_reset"
    urllib.request.urlopen(urllib.request.Request(address, method="POST")).close()


def measured(work: Callable[[], T]) -> tuple[T, Took]:
    """What the work gave back, and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return result, Took(wall, cpu, _peak())


def _peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # Linux's getrusage counts what the parent held before exec, too
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS counts bytes
