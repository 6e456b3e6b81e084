"""Files in and out of a project: the exchange room introduced to the store, the cascades and the file system."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.plans import CascadePlan, CellPlan
from rvbbit.cascades.spec import LLMCell
from rvbbit.errors import CallError, CascadeNotFound, UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from rvbbit.result import Progress
from rvbbit.training.exchange.columns import check
from rvbbit.training.exchange.exporting import MEDIA_TYPES, ExportFormat, chunks
from rvbbit.training.exchange.importing import KEPT, Import, Imported, ImportFormat
from rvbbit.training.exchange.place import Cell, Place
from rvbbit.types import Arguments, CallRecord, Decision, Message, Score, Value

__all__ = ["KEPT", "MEDIA_TYPES", "Exchange", "ExportFormat", "ImportFormat", "Imported", "Source", "files", "opened", "write"]

Source: TypeAlias = "str | os.PathLike[str] | BinaryIO"
"""A file, a directory of files, or an open binary file that can seek."""

_ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")


class Exchange:
    """Imports into a store and exports out of it."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def take(
        self,
        source: Source,
        author: str,
        *,
        format: ImportFormat,
        map: Mapping[str, str],
        constants: Mapping[str, Value],
        cascade_id: str | None,
        cell_name: str | None,
        dry_run: bool,
        name: str | None,
        listen: Callable[[Progress], None] | None,
    ) -> Imported:
        """Raises UsageError, DatabaseError; what landed before stays, and running it again goes on from there."""
        check(map)
        if cell_name is not None and cascade_id is None:
            raise UsageError(f"cell {cell_name!r} of which cascade?", hint="name the cascade too")
        place = Place(self._cell, author, datetime.now(UTC), cascade_id, cell_name, constants)
        if cascade_id is not None:
            self._cell(cascade_id, cell_name)
        run = Import(place, self._would if dry_run else self._store.take_in, format, map)
        if not isinstance(source, str | os.PathLike):
            own = getattr(source, "name", None)  # a number where the file has no place in the file system
            _take_file(run, source, name or (own if isinstance(own, str) else "the file"), listen)
            return run.report
        for path in files(Path(source)):
            with opened(path, "rb") as file:
                _take_file(run, file, path.name, listen)
        return run.report

    def give(self, format: ExportFormat, asked: ExampleFilter) -> Iterator[bytes]:
        """The bytes of an export. Raises UsageError."""
        plans: dict[str, CascadePlan | None] = {}
        return chunks(self._store.stream(asked), format, partial(self._rendered, plans))

    def _would(self, records: Sequence[CallRecord], decisions: Sequence[Decision], scores: Sequence[Score]) -> tuple[int, int, int]:
        """What `take_in` would find new; of decisions and scores, at most."""
        return len(set(self._store.missing([record.trace_id for record in records]))), len(decisions), len(scores)

    def _cell(self, cascade_id: str, cell_name: str | None) -> Cell | None:
        """What an import must know of a cell; None for a cascade that is not here. Raises UsageError for a cell that it does not have."""
        plan = self._plan(cascade_id)
        if plan is None:
            return None
        cells = [cell for cell in plan.cells if isinstance(cell.spec, LLMCell)]
        cell = next((cell for cell in reversed(cells) if cell_name in (None, cell.key.cell_name)), None)
        if cell is None:
            names = ", ".join(cell.key.cell_name for cell in cells)
            raise UsageError(f"{cascade_id} has no cell {cell_name!r} that asks a model", hint=f"its cells: {names or 'none do'}")
        return _known(plan, cell)

    def _rendered(
        self, plans: dict[str, CascadePlan | None], cascade_id: str, cell_name: str, arguments: Arguments
    ) -> tuple[Message, ...] | None:
        """The chat a cell would send today; None where it is gone, or asks with more than there is. `plans` is kept for one export."""
        plan = plans[cascade_id] if cascade_id in plans else plans.setdefault(cascade_id, self._plan(cascade_id))
        cell = next((cell for cell in plan.cells if cell.key.cell_name == cell_name), None) if plan else None
        if plan is None or cell is None or cell.prompt is None or not cell.asked <= arguments.keys():
            return None
        try:
            return cell.prompt.messages({**plan.cascade.inputs.defaults, **arguments}, (), {})
        except CallError:  # arguments from elsewhere need not be what the template expects
            return None

    def _plan(self, cascade_id: str) -> CascadePlan | None:
        with suppress(CascadeNotFound):
            return CascadePlan.of(self._catalog.named(cascade_id))
        return None


def write(chunks: Iterator[bytes], target: str | os.PathLike[str] | BinaryIO) -> int:
    """Write an export; how many bytes. A file appears when it is whole, and not before. Raises UsageError."""
    if not isinstance(target, str | os.PathLike):
        return sum(target.write(chunk) for chunk in chunks)
    path = Path(target)
    part = path.with_name(f"{path.name}.part")
    try:
        with opened(part, "wb") as file:
            written = sum(file.write(chunk) for chunk in chunks)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="choose a place that is yours and has room") from error
    finally:
        part.unlink(missing_ok=True)
    return written


def _take_file(run: Import, file: BinaryIO, name: str, listen: Callable[[Progress], None] | None) -> None:
    if listen is not None:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        run.listen = partial(_progress, listen, name, size)
    run.file(file, name)


def _known(plan: CascadePlan, cell: CellPlan) -> Cell:
    assert isinstance(cell.spec, LLMCell) and cell.output is not None
    inputs = plan.cascade.inputs
    asked = [name for name in inputs.names if name in cell.asked]
    policy = cell.spec.policy()
    scope = set(policy.scope) - inputs.lists if policy else set()
    return Cell(cell.key, (asked or list(inputs.names) or ["prompt"])[0], inputs.lists, frozenset(cell.asked | scope), cell.output.accept)


def files(path: Path) -> list[Path]:
    """The file, or those of a directory that can be imported, by name. Raises UsageError where there is none."""
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix.lower() in _ENDINGS and one.is_file())
    if not found:
        raise UsageError(f"{path} holds no file that can be imported", hint=f"endings: {', '.join(_ENDINGS)}")
    return found


def opened(path: Path, mode: str) -> BinaryIO:
    """A file to read or write bytes. Raises UsageError."""
    try:
        return path.open(mode)  # type: ignore[return-value]
    except OSError as error:
        doing = "read" if "r" in mode else "write"
        raise UsageError(f"cannot {doing} {path}: {error.strerror}", hint="check the path") from error


def _progress(listen: Callable[[Progress], None], name: str, size: int, done: int) -> None:
    listen(Progress(f"{name}, bytes", min(done, size), size, 0, None))
