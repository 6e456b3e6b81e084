"""Names for what is logged: 32 hexadecimal digits that no other call has. The system is asked for randomness once, not once a call."""

from __future__ import annotations

import os
import random

_dice = random.Random()  # not the module's own: a user who seeds that one must not get the same names twice
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_dice.seed)


def new_id() -> str:
    """A new one."""
    return f"{_dice.getrandbits(128):032x}"
