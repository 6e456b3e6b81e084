"""`db.training`: what people see of executions and decide about them, over the store and the curation room."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Unpack

from rvbbit.engine import calibration
from rvbbit.engine.author import or_login
from rvbbit.engine.exchange import Exchange, Source, write
from rvbbit.engine.filters import Filters
from rvbbit.engine.review import Review, ReviewQueue
from rvbbit.engine.sets import TrainingSets
from rvbbit.engine.similar import Likes, Neighbours
from rvbbit.errors import NotFound, OutputInvalid, TrainingError, UsageError
from rvbbit.logs.examples import ExampleFilter, ExampleRow, Page, Stats
from rvbbit.logs.store import Store
from rvbbit.result import Progress
from rvbbit.scoring.report import CellCalibration
from rvbbit.training.curation import NOT_GIVEN, Changed, Curation, Marked, NotGiven
from rvbbit.training.exchange.exporting import ExportFormat
from rvbbit.training.exchange.importing import Imported, ImportFormat
from rvbbit.training.review import Order
from rvbbit.types import Arguments, CellKey, Value

_AT_ONCE = 5_000  # executions that are read at a time to check a correction

Check = Callable[[str, str, Value, Arguments], None]
"""(cascade id, cell name, value, arguments): raises OutputInvalid where the cell could not have answered so."""


class Training:
    """Executions and the decisions on them. `author` is the login name where a call names none."""

    def __init__(  # noqa: PLR0917 - the engine is the one caller
        self, store: Store, curation: Curation, exchange: Exchange, sets: TrainingSets, review: Review, likes: Likes, check: Check
    ) -> None:
        self._store = store
        self._check = check
        self._curation = curation
        self._exchange = exchange
        self._review = review
        self._likes = likes
        self.filters = Filters(store, sets)
        self.sets = sets

    def examples(self, **filters: Any) -> Page:
        """(total, rows) of executions; filters are the fields of `ExampleFilter`, one value or several, and `contradiction`.

        Raises UsageError.
        """
        return self._store.page(self.filters.read(filters))

    def similar(self, trace_id: str, limit: int = 10) -> Neighbours:
        """What was asked in the same cell that is nearest to this execution. Raises NotFound, ProviderError."""
        found = self._store.detail(trace_id)
        if found is None:
            raise NotFound(f"no execution has the id {trace_id!r}", hint="`GET /api/training/examples` lists them")
        return self._likes.of(found, limit)

    def stats(self) -> Stats:
        """Figures of everything and of each cell."""
        return self._store.stats()

    def mark(
        self,
        trace_ids: Sequence[str] | None = None,
        *,
        filter: Mapping[str, Any] | None = None,
        author: str | None = None,
        reason: str | None = None,
        **decided: Unpack[Changed],
    ) -> Marked:
        """Decide `trainable`, `verified`, `confidence`, `corrected_output`, `notes` or `tags`; only what is given changes.

        `add_tags` and `remove_tags` change the tags that each has and leave the others.

        On the executions named, or on everything a filter finds (fields of `ExampleFilter`; an empty one finds all). `reason` says why.
        Raises TrainingError, UsageError, and then nothing was decided.
        """
        if (trace_ids is None) == (filter is None):
            raise UsageError("mark takes trace ids or a filter", hint="give one of the two; the filter {} is everything")
        who, correction = or_login(author), decided.get("corrected_output", NOT_GIVEN)
        if filter is None:
            if trace_ids:
                self._check_corrections(ExampleFilter(trace_ids=tuple(trace_ids)), correction)
            return self._mark_named(trace_ids or (), who, reason, decided)
        asked = self.filters.read(filter)
        found = self._store.matching(asked)
        self._check_corrections(asked, correction)
        return self._curation.mark_matching(found, author=who, reason=reason, **decided)

    def _mark_named(self, trace_ids: Sequence[str], author: str, reason: str | None, decided: Changed) -> Marked:
        """On these executions; what each one's tags become is worked out where they are kept."""
        if not decided.get("add_tags") and not decided.get("remove_tags"):
            plain: Any = {name: value for name, value in decided.items() if name not in {"add_tags", "remove_tags"}}
            return self._curation.mark(trace_ids, author=author, reason=reason, **plain)
        self._curation.require(trace_ids)
        named = ExampleFilter(trace_ids=tuple(trace_ids) or ("",))  # none at all is not everything
        return self._curation.mark_matching(self._store.matching(named), author=author, reason=reason, **decided)

    def _check_corrections(self, asked: ExampleFilter, value: Value | NotGiven) -> None:
        """A correction must be an answer that each execution's own arguments allow. Raises TrainingError."""
        if value is NOT_GIVEN or value is None:
            return
        rest: ExampleFilter | None = replace(asked, limit=_AT_ONCE)
        while rest is not None:
            page = self._store.page(rest)
            for row in page.rows:
                self._check_correction(row, value)
            rest = replace(rest, cursor=page.next) if page.next is not None else None

    def _check_correction(self, row: ExampleRow, value: Value) -> None:
        try:
            self._check(row.cascade_id, row.cell_name, value, row.inputs)
        except OutputInvalid as error:
            raise TrainingError(
                f"the correction does not fit execution {row.trace_id}: {error.message}",
                hint=error.hint or "give an answer its arguments allow; nothing was marked",
            ) from error

    def review(
        self,
        cascade_id: str | None = None,
        cell_name: str | None = None,
        order: Order = "value",
        limit: int = 20,
        listen: Callable[[Progress], None] | None = None,
    ) -> ReviewQueue:
        """What to look at next, why, and whether looking at more would still help. Raises UsageError, ProviderError."""
        return self._review.queue(cascade_id, cell_name, order, limit, listen)

    def calibration(self, cascade_id: str, cell_name: str) -> CellCalibration:
        """How far a cell's confidences can be believed, on what people verified there. Raises NotFound."""
        return calibration.calibration(self._store, CellKey(cascade_id, cell_name))

    def undo(self, batch: str, *, author: str | None = None) -> Marked:
        """Take back what one call of `mark` decided. Raises TrainingError for an unknown one."""
        return self._curation.undo(batch, author=or_login(author))

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
        name: str | None = None,
        listen: Callable[[Progress], None] | None = None,
    ) -> Imported:
        """Log executions from a file, a directory of files or an open binary file; what is there already is not logged twice.

        `map` is column → field, `constants` are inputs that all of them share, `cascade_id` and `cell_name` the cell they teach; `name` is
        what an open file is called. A record that cannot be taken is in `Imported.problems`, and the others land. Raises UsageError for a
        file that cannot be read at all.
        """
        return self._exchange.take(
            source,
            or_login(author),
            format=format,
            map=map or {},
            constants=constants or {},
            cascade_id=cascade_id,
            cell_name=cell_name,
            dry_run=dry_run,
            name=name,
            listen=listen,
        )

    def export(self, target: str | os.PathLike[str] | BinaryIO, *, format: ExportFormat = "jsonl", **filters: Any) -> int:
        """Write everything a filter finds (fields of `ExampleFilter`; no limit unless one is given) to a file; how many bytes.

        Raises UsageError.
        """
        return write(self.exported(format, **filters), target)

    def exported(self, format: ExportFormat = "jsonl", **filters: Any) -> Iterator[bytes]:
        """The same as a stream of bytes, for a face to pass on. Raises UsageError."""
        return self._exchange.give(format, self.filters.read({"limit": None, **filters}))
