"""What tests of providers' batches look at: the records on disk, and something that comes to be on the event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def files(folder: Path) -> list[Any]:
    """The records of batches under way."""
    return [json.loads(path.read_text()) for path in folder.glob("*.json")]


async def until(condition: Callable[[], bool]) -> None:
    """Returns when it holds."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to be")
