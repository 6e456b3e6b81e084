"""`rvbbit training`: look at logged executions and decide on them. Decisions are appended, so each can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from rvbbit.cli import exchange, failure, output, sets
from rvbbit.cli.calibration import calibration
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.evaluate import evaluate
from rvbbit.cli.filters import aware, filtered, finding
from rvbbit.cli.progress import usd
from rvbbit.cli.review import review
from rvbbit.errors import UsageError
from rvbbit.types import Value
from rvbbit.values import jsonable, plain

if TYPE_CHECKING:
    from rvbbit.cli.context import Project
    from rvbbit.engine import Stats

_ID = 10
"""Characters of an id that a table shows."""


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Curate logged executions: look, mark, correct, undo. Without a subcommand: stats."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(stats)


command.add_command(exchange.import_)
command.add_command(exchange.export)
for _command in (review, calibration, sets.sets, evaluate, sets.contradictions, sets.choose):
    command.add_command(_command)


@command.command()
@pass_session
def stats(session: Session) -> None:
    """How many executions each cell has, and how many of them it may learn from."""
    with session.connect() as db:
        found = db.training.stats()
    rows = [(f"{key.cascade_id}.{key.cell_name}", figures) for key, figures in found.cells.items()]
    names = ["cell", "executions", "trainable", "verified", "corrected", "confidence", "cost"]
    shown = [
        (name, f.executions, f.trainable, f.verified, f.corrected, f.confidence, None if f.cost is None else usd(f.cost))
        for name, f in [*rows, ("total", found.total)]
    ]
    output.show(output.small(names, shown))
    if found.scoring_messages:
        failure.note(_scoring(found))


def _scoring(found: Stats) -> str:
    """`judged 1,200 executions for $0.24, $0.00020 each: 3.1% of what executions cost`."""
    each = usd(found.scoring_cost / found.scoring_messages)
    told = f"judged {_executions(found.scoring_messages)} for {usd(found.scoring_cost)}, {each} each"
    return f"{told}: {found.scoring_cost / found.execution_cost:.1%} of what executions cost" if found.execution_cost else told


@command.command("list")
@filtered
@click.option("--format", "format_", type=click.Choice(output.FORMATS), default="table", show_default=True, help="How rows are written.")
@pass_session
def list_(session: Session, /, *, format_: str, **filters: Any) -> None:
    """Logged executions, newest first, with what was decided on them."""
    chosen = cast(output.Format, format_)
    output.check(chosen, None)
    with session.connect() as db:
        page = db.training.examples(**aware(filters))
    if chosen == "table":
        output.show(output.small(["id", "when", "cell", "input", "answer", "corrected", "marked"], [_short(row) for row in page.rows]))
    else:
        names = ["trace_id", "timestamp", "cell", "input", "answer", "corrected", "trainable", "verified", "confidence", "notes", "tags"]
        output.write(output.small(names, [_whole(row) for row in page.rows]), chosen, None)
    if len(page.rows) < page.total:
        failure.note(f"{len(page.rows):,} of {page.total:,}; --limit and --offset show more")


@command.command()
@click.argument("trace_ids", metavar="TRACE_ID...", nargs=-1)
@click.option("--correct", metavar="VALUE", help="The right answer: text as it is, any other type as JSON.")
@click.option("--verified/--no-verified", default=None, help="A person has checked it.")
@click.option("--note", metavar="TEXT", help="Why.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="May be given several times.")
@finding
@pass_session
def mark(
    session: Session,
    /,
    *,
    trace_ids: Sequence[str],
    correct: str | None,
    verified: bool | None,
    note: str | None,
    tags: Sequence[str],
    **finders: Any,
) -> None:
    """Mark executions as examples to learn from, corrected where the answer was wrong: those named, or everything a filter finds."""
    decided: dict[str, Any] = {"trainable": True, "verified": verified, "notes": note, "tags": tuple(tags) or None}
    with session.connect() as db:
        reached = _reached(db, trace_ids, finders)
        if correct is not None:
            decided["corrected_output"] = _correction(db, reached, correct)
        _decide(db, reached, {name: value for name, value in decided.items() if value is not None})


@command.command()
@click.argument("trace_ids", metavar="TRACE_ID...", nargs=-1)
@finding
@pass_session
def unmark(session: Session, /, *, trace_ids: Sequence[str], **finders: Any) -> None:
    """Take executions out of the examples: those named, or everything a filter finds. Corrections and notes stay."""
    with session.connect() as db:
        _decide(db, _reached(db, trace_ids, finders), {"trainable": False})


@command.command()
@click.argument("decision")
@pass_session
def undo(session: Session, decision: str) -> None:
    """Take back what one `mark` or `unmark` decided; both print the id."""
    with session.connect() as db:
        undone = db.training.undo(decision)
    click.echo(f"undone for {_executions(undone.updated)}")


def _short(row: Any) -> tuple[object, ...]:
    """An execution for reading: the start of its id, which `mark` takes too."""
    marks = [name for name, holds in [("trainable", row.trainable), ("verified", row.verified)] if holds]
    when = row.timestamp.astimezone().isoformat(sep=" ", timespec="minutes")[:16]
    return (
        row.trace_id[:_ID],
        when,
        f"{row.cascade_id}.{row.cell_name}",
        row.user_input,
        row.assistant_output,
        _corrected(row),
        " ".join(marks),
    )


def _whole(row: Any) -> tuple[object, ...]:
    """An execution for programs."""
    cell, when = f"{row.cascade_id}.{row.cell_name}", row.timestamp.isoformat()
    said = (row.user_input, row.assistant_output, _corrected(row))
    return (row.trace_id, when, cell, *said, row.trainable, row.verified, row.confidence, row.notes, ", ".join(row.tags) or None)


def _corrected(row: Any) -> str | None:
    return None if row.corrected_output is None else plain(row.corrected_output)


def _full_ids(db: Project, given: Sequence[str]) -> list[str]:
    """The ids that start as given; one that nothing starts with stays as it is, for the engine to refuse. Raises UsageError."""
    return [_full_id(db, start) for start in given]


def _full_id(db: Project, start: str) -> str:
    query = "SELECT trace_id FROM rvbbit.training_examples_mv WHERE starts_with(trace_id, $start) ORDER BY length(trace_id) LIMIT 2"
    found = [str(row[0]) for row in db.sql(query, {"start": start}).fetchall()]
    if start in found or not found:
        return start
    if len(found) > 1:
        raise UsageError(f"several executions have an id that starts with {start!r}", hint="give more of it; --format csv shows whole ids")
    return found[0]


def _reached(db: Project, trace_ids: Sequence[str], finders: dict[str, Any]) -> dict[str, Any]:
    """Trace ids or a filter, as `db.training.mark` takes them. Raises UsageError where nothing or both was said."""
    every = finders.pop("every")
    given = {name: value for name, value in aware(finders).items() if value is not None and value != () and (name, value) != ("search", "")}
    if trace_ids and (given or every):
        raise UsageError("both trace ids and a filter were given", hint="give one of the two")
    if trace_ids:
        return {"trace_ids": _full_ids(db, trace_ids)}
    if not given and not every:
        raise UsageError("nothing says which executions", hint="give trace ids, a filter such as --cascade-id, or --all")
    return {"filter": given}


def _decide(db: Project, reached: dict[str, Any], decided: dict[str, Any]) -> None:
    marked = db.training.mark(**reached, **decided)
    click.echo(f"{'marked' if decided['trainable'] else 'unmarked'} {_executions(marked.updated)}")
    if marked.undo is not None:
        failure.note(f"undo: rvbbit training undo {marked.undo}")


def _correction(db: Project, reached: dict[str, Any], text: str) -> Value:
    """The value meant: text where the cell answers text, JSON where it answers anything else. Raises UsageError."""
    filters = reached.get("filter", {"trace_ids": reached.get("trace_ids")})
    rows = db.training.examples(**filters, limit=None).rows
    if all(isinstance(row.answer, str) for row in rows):
        return text
    try:
        value: Value = json.loads(text)
    except json.JSONDecodeError as error:
        example = json.dumps(jsonable(next(row.answer for row in rows if not isinstance(row.answer, str))))
        raise UsageError(f"--correct {text!r} is not JSON, and the answer is not text", hint=f"write it like {example}") from error
    return value


def _executions(number: int) -> str:
    return f"{number:,} {'execution' if number == 1 else 'executions'}"
