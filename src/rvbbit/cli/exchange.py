"""`rvbbit training import` and `export`: executions out of files and into files. It reads and writes no record itself."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from rvbbit.cli import failure, output
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.filters import aware, choosing
from rvbbit.cli.progress import Watch
from rvbbit.errors import CascadeNotFound, UsageError
from rvbbit.types import Value
from rvbbit.values import plain

if TYPE_CHECKING:
    from rvbbit.cli.context import Project

_IN = ("auto", "jsonl", "csv", "parquet", "openai", "langfuse", "otlp")
_OUT = ("jsonl", "csv", "parquet", "openai")
_STREAM = Path("-")
_SHOWN = 100
"""Characters of a value in a preview."""


@click.command("import")
@click.argument("sources", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "format_", type=click.Choice(_IN), default="auto", show_default=True, help="What the files hold.")
@click.option(
    "--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Which field a column is, such as prompt=user_input; repeatable."
)
@click.option(
    "--set", "constants", multiple=True, metavar="INPUT=VALUE", help="An input that all of them share, as text or JSON; repeatable."
)
@click.option("--cascade-id", metavar="ID", help="The cascade they teach.")
@click.option("--cell-name", metavar="NAME", help="Its cell. Default: the last that asks a model.")
@click.option("--dry-run", is_flag=True, help="Show what the columns are taken for and the first executions; log nothing.")
@pass_session
def import_(
    session: Session,
    *,
    sources: Sequence[Path],
    format_: str,
    mapped: Sequence[str],
    constants: Sequence[str],
    cascade_id: str | None,
    cell_name: str | None,
    dry_run: bool,
) -> None:
    """Log executions from elsewhere: files, directories of files, or - for a pipe. What is there already is not logged twice.

    A line that cannot be taken is reported and the others land. An import that was stopped is run again.
    """
    options: dict[str, Any] = {
        "format": format_,
        "map": dict(_pair(one) for one in mapped),
        "constants": {name: _value(value) for name, value in map(_pair, constants)},
        "cascade_id": cascade_id,
        "cell_name": cell_name,
        "dry_run": dry_run,
    }
    taken = 0
    with session.connect() as db:
        for source in sources:
            with _opened(source) as opened, Watch() as watch:
                report = db.training.import_(opened, listen=watch, **options)
            _tell(source, report, dry_run=dry_run)
            taken += report.added + report.known + report.skipped or not report.rejected
        _warn(db, cascade_id)
    if not taken:
        click.get_current_context().exit(1)


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "format_", type=click.Choice(_OUT), help="Default: what FILE ends in, else jsonl.")
@choosing
@pass_session
def export(session: Session, /, *, target: Path, format_: str | None, **filters: Any) -> None:
    """Write everything the filters find to FILE, or to - for a pipe, with what was decided; `import` reads it back.

    The format openai is for fine-tuning another model: the cell's question, and the answer that holds.
    """
    ending = target.suffix.lower().removeprefix(".")
    chosen: Any = format_ or (ending if ending in _OUT else "jsonl")
    if chosen == "parquet" and target == _STREAM and sys.stdout.isatty():
        raise UsageError("parquet is binary and would garble the terminal", hint="name a file, or pipe it: … > FILE")
    with session.connect() as db:
        written = db.training.export(sys.stdout.buffer if target == _STREAM else target, format=chosen, **aware(filters))
    failure.note(f"{written:,} bytes written to {'standard output' if target == _STREAM else target}")


@contextmanager
def _opened(source: Path) -> Iterator[Path | BinaryIO]:
    """The path, or what a pipe holds as a file that can seek."""
    if source != _STREAM:
        yield source
        return
    with tempfile.TemporaryFile() as spooled:
        shutil.copyfileobj(sys.stdin.buffer, spooled)
        spooled.seek(0)
        yield spooled


def _pair(text: str) -> tuple[str, str]:
    """The last = divides: a column's name may hold one. Raises UsageError."""
    left, found, right = text.rpartition("=") if text.count("=") == 1 else text.partition("=")
    if not left or not found or not right:
        raise UsageError(f"{text!r} is not NAME=VALUE", hint="such as --map prompt=user_input or --set criterion='is about money'")
    return left, right


def _value(text: str) -> Value:
    """JSON where it is a list or an object, text otherwise. Raises UsageError for JSON that is broken."""
    if not text.startswith(("[", "{")):
        return text
    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{text!r} is not JSON: {error}", hint='quote it for the shell, such as --set labels=\'["a", "b"]\'') from error
    return value


def _warn(db: Project, cascade_id: str | None) -> None:
    """A name that was mistyped is a place of its own, and nothing there will ever teach."""
    if cascade_id is None:
        return
    try:
        db.cascade(cascade_id)
    except CascadeNotFound as error:
        failure.note(f"warning: {error.message}; what was imported stands under that name")


def _short(value: Value) -> str:
    text = plain(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _tell(source: Path, report: Any, *, dry_run: bool) -> None:
    for name, problem in report.problems:
        failure.note(f"{name}:{problem.number}: {problem.reason}")
    if report.rejected > len(report.problems):
        failure.note(f"… and {report.rejected - len(report.problems):,} more")
    if report.mapping:
        failure.note("columns: " + ", ".join(f"{column} = {field}" for column, field in report.mapping.items()))
    if report.left:
        failure.note(f"not taken: {', '.join(report.left)}")
    if dry_run:
        rows = [(f"{one.cascade_id}.{one.cell_name}", one.model, _short(one.arguments), _short(one.answer)) for one in report.preview]
        output.show(output.small(["cell", "model", "inputs", "answer"], rows))
    doing = "would import" if dry_run else "imported"
    known = "" if dry_run else f", {report.known:,} known"
    counts = f"{known}, {report.skipped:,} without a model call, {report.rejected:,} rejected, {report.decisions:,} decisions"
    click.echo(f"{source}: {doing} {report.added:,} {'execution' if report.added == 1 else 'executions'}{counts}")
