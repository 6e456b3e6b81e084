"""Who decides, where a call names nobody. It asks the system and nothing else."""

from __future__ import annotations

import getpass
import os


def or_login(named: str | None) -> str:
    """The name given, else the login name, else (a container's bare user number has none) that number."""
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
