"""What every peer's program does alike: read the rows, run the scenario that was asked for, say what it took.

Runs in the peer's own environment, so it needs nothing but Python. `python -m bench.peers.NAME SCENARIO ROWS` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from bench.measure import forget, measured

Given: TypeAlias = Mapping[str, Any]
"""`tickets` or `abt` and `buy` as lists of rows, `criterion`, `topic`, `labels`, `limit`, `below`, `concurrency`."""

Run: TypeAlias = Callable[[], Sequence[Sequence[Any]]]


def tell(prepare: Callable[[str, Given], Run | str]) -> None:
    """`prepare` loads what the scenario needs and gives back what is to be measured, or the reason why there is nothing."""
    with redirect_stdout(sys.stderr):  # peers print
        scenario, given = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
        run = prepare(scenario, given)
        if isinstance(run, str):
            said: dict[str, Any] = {"absent": run}
        else:
            forget()
            rows, took = measured(run)
            said = {"rows": plain(rows), **asdict(took)}
    print(json.dumps(said))


def plain(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Whatever numbers a peer has, as JSON's."""
    return [[cell if isinstance(cell, str) else int(cell) for cell in row] for row in rows]
