"""Rows of the store → the bytes of a file, a chunk at a time: JSON Lines, CSV, Parquet, and OpenAI's format for fine-tuning.

The first three are RVBBIT's own export (`own`) and import back to the same state. The last is a lesson for another model: the cell's own
question and the answer that holds; it has no room for decisions.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from rvbbit.errors import UsageError
from rvbbit.training.exchange import own
from rvbbit.training.exchange.found import Row, text
from rvbbit.types import Arguments, Message

ExportFormat = Literal["jsonl", "csv", "parquet", "openai"]
Rows: TypeAlias = Iterable[Sequence[Row]]
"""Batches of rows: `own.COLUMNS` by name, JSON columns as text, `decisions` as a list of rows."""

Render: TypeAlias = Callable[[str, str, Arguments], Sequence[Message] | None]
"""(cascade_id, cell_name, arguments) → the chat that the cell would send, without examples; None where this project has no such cell."""

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "openai": "application/x-ndjson",
}

_TEXT, _NUMBER = pa.string(), pa.int64()
_KINDS = {
    "timestamp": pa.timestamp("us", "UTC"), "cost": pa.float64(), "duration_ms": pa.float64(), "probability": pa.float64(),
    "confidence": pa.float64(), "cached": pa.bool_(), "trainable": pa.bool_(), "verified": pa.bool_(),
    **dict.fromkeys(("attempt", "take", "tokens_in", "tokens_out", "tokens_cached"), _NUMBER),
}  # fmt: skip
_SCHEMA = pa.schema([(name, _KINDS.get(name, _TEXT)) for name in own.COLUMNS])


def chunks(rows: Rows, format_: ExportFormat, render: Render) -> Iterator[bytes]:
    """The file. Raises UsageError for an unknown format, at once."""
    if format_ not in get_args(ExportFormat):
        raise UsageError(f"no export format {format_!r}", hint=f"one of: {', '.join(get_args(ExportFormat))}")
    writers: Mapping[ExportFormat, Callable[[], Iterator[bytes]]] = {
        "jsonl": lambda: (_line(own.as_object(row)) for batch in rows for row in batch),
        "openai": lambda: (_line(_lesson(row, render)) for batch in rows for row in batch),
        "csv": lambda: _csv(rows),
        "parquet": lambda: _parquet(rows),
    }
    return writers[format_]()


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _lesson(row: Row, render: Render) -> dict[str, Any]:
    """One line of a fine-tuning file: the question as the cell asks it, else as it was sent, and the answer that holds."""
    arguments = json.loads(row["arguments"])
    answer = json.loads(row["corrected_output"] or row["answer"])
    rendered = render(row["cascade_id"], row["cell_name"], arguments)
    asked = [{"role": one.role, "content": one.content} for one in rendered] if rendered else _sent(row) or _plain(arguments)
    return {"messages": [*asked, {"role": "assistant", "content": text(answer)}]}


def _sent(row: Row) -> list[dict[str, str]]:
    """The messages of an imported chat, as they were."""
    request = json.loads(row["request"]) if row["request"] and row["source"] == "import" else None
    messages = request.get("messages") if isinstance(request, dict) else None
    return [{"role": one["role"], "content": text(one["content"])} for one in messages or ()]


def _plain(arguments: Arguments) -> list[dict[str, str]]:
    """The one input's value, or a line for each of several."""
    values = list(arguments.values())
    shown = text(values[0]) if len(values) == 1 else "\n".join(f"{name}: {text(value)}" for name, value in arguments.items())
    return [{"role": "user", "content": shown}]


def _csv(rows: Rows) -> Iterator[bytes]:
    yield _csv_lines([own.COLUMNS])
    for batch in rows:
        yield _csv_lines([[own.guarded(cell) for cell in own.as_cells(row).values()] for row in batch])


def _csv_lines(cells: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(cells)
    return buffer.getvalue().encode("utf-8", "replace")


def _parquet(rows: Rows) -> Iterator[bytes]:
    """A row group a batch. What the writer has written is handed on and forgotten."""
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), _SCHEMA, compression="zstd") as writer:
        for batch in rows:
            writer.write_table(pa.Table.from_pylist([own.as_cells(row) for row in batch], _SCHEMA))
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file that is only written to; it keeps what nobody has taken yet."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0
        self.closed = False

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    def writable(self) -> bool:
        return True
