"""`db.training.calibration()`: how far the confidences of a cell can be believed."""

from __future__ import annotations

from rvbbit.errors import NotFound
from rvbbit.interfaces import ScoreStore
from rvbbit.scoring.assessor import MOST_VERIFIED
from rvbbit.scoring.report import CellCalibration, report
from rvbbit.types import CellKey


def calibration(store: ScoreStore, cell: CellKey) -> CellCalibration:
    """Measured on the newest verified executions of the cell, at most 5,000. Raises NotFound where it has no executions."""
    if cell not in store.cells():
        raise NotFound(f"no executions of {cell.cascade_id}.{cell.cell_name}", hint="`rvbbit training stats` lists the cells there are")
    return report(cell, store.verified(cell, MOST_VERIFIED))
