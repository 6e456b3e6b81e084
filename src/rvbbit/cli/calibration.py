"""`rvbbit training calibration`: how far confidences can be believed, of each cell or of one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rvbbit.cli import failure, output
from rvbbit.cli.context import Session, pass_session
from rvbbit.errors import UsageError
from rvbbit.values import plain

if TYPE_CHECKING:
    from rvbbit.engine import CellCalibration

MOST = 20
"""Mistakes that the table shows."""


@click.command()
@click.argument("cascade_id", metavar="CASCADE", required=False)
@click.argument("cell_name", metavar="CELL", required=False)
@click.option("--json", "as_json", is_flag=True, help="JSON: of one cell an object, of all a list.")
@pass_session
def calibration(session: Session, *, cascade_id: str | None, cell_name: str | None, as_json: bool) -> None:
    """How far confidences can be believed, on what people verified: every cell that has verified answers, or one with its tables."""
    if (cascade_id is None) != (cell_name is None):
        raise UsageError("a cascade without a cell", hint="give both, or neither: `rvbbit training calibration CASCADE CELL`")
    with session.connect() as db:
        if cascade_id is not None and cell_name is not None:
            found = db.training.calibration(cascade_id, cell_name)
            _json(asdict(found)) if as_json else _one(found)
            return
        cells = [key for key, figures in db.training.stats().cells.items() if figures.verified]
        every = [db.training.calibration(key.cascade_id, key.cell_name) for key in cells]
    _json([asdict(one) for one in every]) if as_json else _all(every)


def _json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _all(every: list[CellCalibration]) -> None:
    names = ["cell", "verified", "right", "measured", "method", "ECE", "95 %", "Brier", "AUC"]
    output.show(output.small(names, [_figures(one) for one in every]))
    if not every:
        failure.note("nothing is verified yet: `rvbbit training review` says what to look at")


def _figures(one: CellCalibration) -> tuple[object, ...]:
    interval = None if one.low is None or one.high is None else f"{one.low:.3f}-{one.high:.3f}"
    cell = f"{one.cascade_id}.{one.cell_name}"
    return (cell, one.verified, one.right, one.measured, one.method, _three(one.ece), interval, _three(one.brier), _three(one.auc))


def _one(found: CellCalibration) -> None:
    _all([found])
    click.echo()
    bins = [(f"{one.low:.1f}-{one.high:.1f}", one.number, _three(one.confidence), _three(one.right)) for one in found.bins]
    output.show(output.small(["confidence", "answers", "mean confidence", "right"], bins))
    mistakes = [one for one in found.confusion or () if one.answer != one.held]
    if mistakes:
        click.echo()
        shown = [(plain(one.answer), None if one.held is None else plain(one.held), one.number) for one in mistakes[:MOST]]
        output.show(output.small(["answered", "holds", "times"], shown))


def _three(number: float | None) -> str | None:
    return None if number is None else f"{number:.3f}"
