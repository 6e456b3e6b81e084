"""The process that is ours: the collector of reference cycles as a program wants it that loads much, and then makes and drops much.

A library leaves this to the program it is in. Source: Python, `gc`; Instagram Engineering, "Copy-on-write friendly Python garbage
collection".
"""

from __future__ import annotations

import atexit
import gc

YOUNG = 10_000
"""Objects made and not dropped, between two looks at the young ones. Python's own is 700 (2,000 from 3.13 on), soon made by model calls."""


def begin() -> None:
    """At the start of a program."""
    gc.set_threshold(YOUNG, 10, 10)


def settle() -> None:
    """Once all is loaded that stays: it is not looked at again before the end. Nothing else runs during such a look."""
    begin()
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else libraries say at the end, on stderr, what is still there
