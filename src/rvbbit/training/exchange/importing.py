"""One file → the log: read, recognise, place, and hand on in batches that are all or nothing. It keeps no more than a batch.

Nothing is remembered between runs, because nothing need be: ids are the same every time, so a run that was killed is run again and what
landed before is found to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, BinaryIO, Literal, TypeAlias

from rvbbit.errors import UsageError
from rvbbit.training.exchange import chat, columns, langfuse, otlp, own
from rvbbit.training.exchange.columns import Mapped
from rvbbit.training.exchange.found import Found, Row
from rvbbit.training.exchange.lines import Item, Problem, check_encoding, json_lines, objects
from rvbbit.training.exchange.place import Place, Placed
from rvbbit.training.exchange.tabular import csv_rows, parquet_rows
from rvbbit.types import CallRecord, Decision, Score

ImportFormat = Literal["auto", "jsonl", "csv", "parquet", "openai", "langfuse", "otlp"]
TakeIn: TypeAlias = Callable[[Sequence[CallRecord], Sequence[Decision], Sequence[Score]], tuple[int, int, int]]
"""Appends the calls, decisions and scores that are not there yet, all or none: how many of each were new."""

KEPT = 100
"""Problems and previewed executions that a report holds; all are counted."""

_BATCH = 2_000  # executions a commit: where rows a second stop growing with the batch
_CHARACTERS = 16 << 20  # of text a commit, whichever is reached first
_PREVIEW = 5
_PARQUET = b"PAR1"


@dataclass(slots=True)
class Imported:
    """What came of an import. Every record is `added`, `known` (it was there), `skipped` (no model call) or `rejected` (a problem).

    `decisions` were new; `problems` are the first of the rejected; `mapping` and `left` say what the columns of a table were taken for;
    `preview` holds the first executions. After a dry run `added` is what would have been handed on, known or not.
    """

    added: int = 0
    known: int = 0
    skipped: int = 0
    rejected: int = 0
    decisions: int = 0
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    preview: list[CallRecord] = field(default_factory=list)

    def problem(self, name: str, problem: Problem) -> None:
        """Count a record that could not be taken."""
        self.rejected += 1
        if len(self.problems) < KEPT:
            self.problems.append((name, problem))


@dataclass(slots=True)
class Import:
    """One import of one or more files into one place. `take` keeps what came, and says how much of it was new. `listen` is told after each
    batch how many bytes are read.
    """

    place: Place
    take: TakeIn
    format: ImportFormat = "auto"
    mapping: Mapping[str, str] = field(default_factory=dict)
    listen: Callable[[int], None] | None = None
    report: Imported = field(default_factory=Imported)
    _mapped: dict[tuple[str, ...], Mapped] = field(default_factory=dict)
    _waiting: dict[str, Placed] = field(default_factory=dict)
    _size: int = 0

    def file(self, file: BinaryIO, name: str) -> None:
        """Read one file to its end; it must be seekable. Raises UsageError where it cannot be read at all, DatabaseError."""
        kind = container(file, name, self.format)
        for item in _READERS[kind](file, name):
            if isinstance(item, Problem):
                self.report.problem(name, item)
                continue
            self._record(kind, name, *item)
            if len(self._waiting) >= _BATCH or self._size >= _CHARACTERS:
                self._flush()
                self._tell(file)
        self._flush()
        self._tell(file)

    def _record(self, kind: str, name: str, number: int, row: Any) -> None:
        """One record of a file: any number of executions, or a problem."""
        if not isinstance(row, dict):
            self.report.problem(name, Problem(number, "it is not an object"))
            return
        if self._is(otlp.matches(row), "otlp"):
            self._spans(name, number, row)
            return
        try:
            found = self._executions(kind, row)
        except ValueError as error:
            self.report.problem(name, Problem(number, str(error)))
            return
        self._place(name, number, found)

    def _spans(self, name: str, number: int, row: Row) -> None:
        for span, found in otlp.spans(row):
            if isinstance(found, ValueError):
                self.report.problem(name, Problem(number, f"{span}: {found}"))
            else:
                self._place(name, number, found)

    def _executions(self, kind: str, row: Row) -> list[Found]:
        if not self.mapping and own.matches(row):
            return [own.execution(_uncelled(row) if kind == "csv" else row, encoded=kind in ("csv", "parquet"))]
        if self._is(chat.matches(row), "openai"):
            return chat.executions(row)
        if self._is(langfuse.matches(row), "langfuse"):
            return langfuse.executions(row)
        row = {column: cell or None for column, cell in row.items()} if kind == "csv" else row  # CSV does not tell empty from null
        return [columns.execution(row, self._columns(row))]

    def _is(self, matches: bool, name: str) -> bool:
        """Whether to read a record as that format: it was said, or nothing was and it looks like it."""
        return self.format == name or (matches and self.format == "auto" and not self.mapping)

    def _columns(self, row: Row) -> Mapped:
        names = tuple(row)
        if names not in self._mapped:
            if len(self._mapped) >= KEPT:  # objects that are all different are mapped each anew, and not kept
                return columns.guessed(names, self.mapping)
            self._mapped[names] = mapped = columns.guessed(names, self.mapping)
            self.report.mapping |= mapped.fields
            self.report.left = tuple(sorted({*self.report.left, *mapped.left} - self.report.mapping.keys()))[:KEPT]
        return self._mapped[names]

    def _place(self, name: str, number: int, found: Sequence[Found]) -> None:
        self.report.skipped += not found
        for one in found:
            try:
                placed = self.place.give(one)
            except (ValueError, RecursionError) as error:
                self.report.problem(name, Problem(number, str(error)))
                continue
            if placed.record.trace_id in self._waiting:
                self.report.known += 1
            else:
                self._waiting[placed.record.trace_id] = placed
                self._size += placed.size

    def _flush(self) -> None:
        batch, self._waiting, self._size = list(self._waiting.values()), {}, 0
        if not batch:
            return
        records = [placed.record for placed in batch]
        self.report.preview += records[: _PREVIEW - len(self.report.preview)]
        decisions = [decision for placed in batch for decision in placed.decisions]
        scores = [score for placed in batch for score in placed.scores]
        added, decided, _ = self.take(records, decisions, scores)
        self.report.added += added
        self.report.known += len(records) - added
        self.report.decisions += decided

    def _tell(self, file: BinaryIO) -> None:
        if self.listen is not None:
            self.listen(file.tell())


def container(file: BinaryIO, name: str, format_: ImportFormat) -> str:
    """How a file holds its records: `parquet`, `csv`, `jsonl` or `json`. Leaves it where reading starts. Raises UsageError."""
    ending = PurePath(name).suffix.lower()
    magic = file.read(len(_PARQUET))
    file.seek(0)
    if magic == _PARQUET:
        return "parquet"
    if format_ == "parquet" or ending == ".parquet":
        raise UsageError(f"{name} is not a Parquet file", hint="name its format with --format")
    check_encoding(file, name)
    if format_ == "csv" or (format_ == "auto" and ending in (".csv", ".tsv")):
        return "csv"
    if ending in (".jsonl", ".ndjson"):
        return "jsonl"
    if format_ == "auto" and ending != ".json" and not magic.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        raise UsageError(f"nothing says what format {name} has", hint="name the format: jsonl, csv, parquet, openai, langfuse or otlp")
    return "json"


def _uncelled(row: Row) -> dict[str, Any]:
    return {column: own.unguarded(cell) for column, cell in row.items()}


_READERS: Mapping[str, Callable[[BinaryIO, str], Iterator[Item]]] = {
    "parquet": parquet_rows,
    "csv": csv_rows,
    "jsonl": lambda file, _: json_lines(file),
    "json": lambda file, _: objects(file),
}
