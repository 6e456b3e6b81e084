"""The process that is ours: the collector of reference cycles, and DuckDB's allocator, as a program wants them that runs for long.

A library leaves this to the program it is in. Sources: Python, `gc`; Instagram Engineering, "Copy-on-write friendly Python garbage
collection"; jemalloc, Tuning, `dirty_decay_ms`.
"""

from __future__ import annotations

import atexit
import gc
import os

YOUNG = 50_000
"""Objects made and not dropped, between two looks at the young ones. Python's own is 700 (2,000 from 3.13 on), soon made by model calls.
As the count never falls below nothing, what hundreds of calls hold, and one commit drops, is counted anew each time: with 10,000, each
commit of a quick model was a look."""

HELD = 60
"""Seconds in which memory that DuckDB freed goes back to the system. DuckDB's own are few, and then the next statement that needs much
fetches it anew, a page at a time. `bench/scoring.py` measures with it, and without where the variable is set before."""
ALLOCATOR = "DUCKDB_JE_MALLOC_CONF"


def begin() -> None:
    """At the start of a program, before DuckDB is loaded."""
    gc.set_threshold(YOUNG, 10, 10)
    os.environ.setdefault(ALLOCATOR, f"dirty_decay_ms:{HELD * 1000}")


def settle() -> None:
    """Once all is loaded that stays: it is not looked at again before the end. Nothing else runs during such a look."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else libraries say at the end, on stderr, what is still there
