"""What is known of how well a cell can be packed: read from the log, and written there, as one more cell that ran.

The record is the newest answer under a key made of the cell's fingerprint (its words, its model) and the target, so an edited operator or
another model is measured anew, and `SELECT answer FROM rvbbit.unified_logs WHERE cell_name = 'judge.packing'` shows it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from rvbbit.cascades.agreement import Evidence
from rvbbit.cascades.errand import Errand
from rvbbit.cascades.plans import CellPlan
from rvbbit.types import Arguments


class PackMemory:
    """Of one cell and model, for one errand."""

    def __init__(self, errand: Errand, cell: CellPlan, model: str, fingerprint: str, target: float) -> None:
        self._errand = errand
        self._cell = cell
        self._model = model
        self._fingerprint = fingerprint
        self._target = target
        self._key = hashlib.blake2b(f"packing {fingerprint} {target!r}".encode(), digest_size=16).hexdigest()

    async def recall(self) -> Evidence:
        """What was counted so far. Raises DatabaseError."""
        found = await self._errand.tools.lookups.find(self._key)
        return Evidence.read(self._target, found.get(self._key))

    async def keep(self, evidence: Evidence) -> None:
        """Returns when it is on disk. Raises DatabaseError."""
        asked: Arguments = {"model": self._model, "target": self._target}
        record = self._errand.record(self._cell, asked, self._fingerprint, self._errand.tools.clock(), 0.0)
        name = f"{self._cell.key.cell_name}.packing"
        await self._errand.remember(
            replace(record, kind="python", cell_name=name, model=self._model, answer=evidence.said(), cache_key=self._key)
        )
