"""`db.training`, through a server: executions and the decisions on them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Unpack

from rvbbit.client.connection import Connection, path
from rvbbit.client.importing import Imported, pairs, take
from rvbbit.client.reading import read, read_all
from rvbbit.client.sets import TrainingSets
from rvbbit.engine import (
    Bin,
    CellCalibration,
    Changed,
    ExampleRow,
    Figures,
    Marked,
    Mistaken,
    Neighbours,
    Outlook,
    Page,
    ReviewItem,
    ReviewQueue,
    Similar,
    Stats,
)
from rvbbit.engine.author import or_login
from rvbbit.engine.exchange import ExportFormat, ImportFormat, Source, write
from rvbbit.engine.query import Listen
from rvbbit.errors import NotFound
from rvbbit.types import Arguments, CellKey

MOST = 1_000
"""Executions that a server lists at once."""


class Training:
    """Executions and the decisions on them. `author` is the login name of this process where a call names none."""

    def __init__(self, link: Connection) -> None:
        self._link = link
        self.sets = TrainingSets(link)

    def examples(self, **filters: Any) -> Page:
        """(total, rows) of executions; all of them where `limit` is None, however many pages that takes. Raises UsageError."""
        if filters.get("trace_ids"):
            return self._named(filters["trace_ids"])
        wanted = filters.pop("limit", 100)
        asked = {**_given(filters), "limit": MOST if wanted is None else min(wanted, MOST)}
        page = self._page(asked)
        rows = list(page.rows)
        asked.pop("offset", None)  # the cursor says where it goes on
        while page.next is not None and (wanted is None or len(rows) < wanted):
            page = self._page({**asked, "cursor": page.next})
            rows += page.rows
        return Page(page.total, tuple(rows[:wanted]), page.next)

    def similar(self, trace_id: str, limit: int = 10) -> Neighbours:
        """What was asked in the same cell that is nearest to this execution. Raises NotFound."""
        said = self._link.get(path("training", "examples", trace_id, "similar"), {"limit": limit})
        near = tuple(read(Similar, one, execution=read(ExampleRow, one["execution"])) for one in said["similar"])
        return read(Neighbours, said, similar=near)

    def stats(self) -> Stats:
        """Figures of everything and of each cell."""
        said = self._link.get(path("training", "stats"))
        cells = {CellKey(one["cascade_id"], one["cell_name"]): read(Figures, one) for one in said["cells"]}
        return read(Stats, said, total=read(Figures, said["total"]), cells=cells)

    def mark(
        self,
        trace_ids: Sequence[str] | None = None,
        *,
        filter: Mapping[str, Any] | None = None,
        author: str | None = None,
        reason: str | None = None,
        **decided: Unpack[Changed],
    ) -> Marked:
        """Decide on the executions named, or on everything a filter finds; only what is given changes. Raises TrainingError, UsageError."""
        which = {"trace_ids": None if trace_ids is None else list(trace_ids), "filter": None if filter is None else _given(filter)}
        body = {**which, "author": or_login(author), "reason": reason, **decided}
        return read(Marked, self._link.post(path("training", "mark-trainable"), body))

    def undo(self, batch: str, *, author: str | None = None) -> Marked:
        """Take back what one call of `mark` decided. Raises TrainingError for an unknown one."""
        return read(Marked, self._link.post(path("training", "undo"), {"undo": batch, "author": or_login(author)}))

    def review(
        self,
        cascade_id: str | None = None,
        cell_name: str | None = None,
        order: str = "value",
        limit: int = 20,
        listen: Listen | None = None,
    ) -> ReviewQueue:
        """What to look at next, why, and whether looking at more would still help. The server tells no progress of it."""
        asked = _given({"cascade_id": cascade_id, "cell_name": cell_name, "order": order, "limit": limit})
        said = self._link.get(path("training", "review"), asked)
        items = tuple(read(ReviewItem, one, execution=read(ExampleRow, one["execution"])) for one in said["items"])
        outlook = None if said["outlook"] is None else read(Outlook, said["outlook"])
        return read(ReviewQueue, said, items=items, outlook=outlook)

    def calibration(self, cascade_id: str, cell_name: str) -> CellCalibration:
        """How far a cell's confidences can be believed, on what people verified there. Raises NotFound."""
        said = self._link.get(path("training", "calibration"), {"cascade_id": cascade_id, "cell_name": cell_name})
        confusion = None if said["confusion"] is None else read_all(Mistaken, said["confusion"])
        return read(CellCalibration, said, bins=read_all(Bin, said["bins"]), confusion=confusion)

    def import_(
        self,
        source: Source,
        *,
        format: ImportFormat = "auto",
        map: Mapping[str, str] | None = None,
        constants: Arguments | None = None,
        cascade_id: str | None = None,
        cell_name: str | None = None,
        author: str | None = None,
        dry_run: bool = False,
        listen: Listen | None = None,
    ) -> Imported:
        """Log executions from a file, a directory of files or an open binary file; what is there already is not logged twice."""
        named = {"cascade_id": cascade_id, "cell_name": cell_name, "author": or_login(author)}
        asked = _given({"format": format, **named, "dry_run": dry_run})
        return take(self._link, source, {**asked, **pairs(map or {}, constants or {})}, listen)

    def export(self, target: str | os.PathLike[str] | BinaryIO, *, format: ExportFormat = "jsonl", **filters: Any) -> int:
        """Write everything a filter finds to a file; how many bytes. Raises UsageError."""
        return write(self.exported(format, **filters), Path(target) if isinstance(target, str | os.PathLike) else target)

    def exported(self, format: ExportFormat = "jsonl", **filters: Any) -> Iterator[bytes]:
        """The same as a stream of bytes."""
        return self._link.chunks(path("training", "export"), {**_given(filters), "format": format})

    def _page(self, asked: Mapping[str, Any]) -> Page:
        said = self._link.get(path("training", "examples"), asked)
        return Page(said["total"], read_all(ExampleRow, said["examples"]), said["next"])

    def _named(self, trace_ids: Sequence[str]) -> Page:
        """Those of these ids that there are."""
        rows = []
        for id_ in trace_ids:
            try:
                rows.append(read(ExampleRow, self._link.get(path("training", "examples", id_))))
            except NotFound:
                continue
        return Page(len(rows), tuple(rows))


def _given(filters: Mapping[str, Any]) -> dict[str, Any]:
    """A filter as the API takes it: nothing that asks nothing, times as text."""
    given = {"trace_id" if name == "trace_ids" else name: value for name, value in filters.items() if value is not None and value != ()}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}
