"""`rvbbit training sets`, `contradictions`, `choose`: versions of training sets, and what the firewall keeps out of them."""

from __future__ import annotations

import json
from typing import Any

import click

from rvbbit.cli import failure, output
from rvbbit.cli.context import Session, pass_session
from rvbbit.values import plain

_ID = 12
"""Characters of a version or an id that a table shows; commands take them."""


@click.group("sets", invoke_without_command=True)
@click.pass_context
def sets(ctx: click.Context) -> None:
    """Versions of training sets, newest first: what changed, which is live. Without a subcommand: all of them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@sets.command("list")
@pass_session
def list_(session: Session) -> None:
    """Every version that calls were given."""
    with session.connect() as db:
        rows = db.training.sets.versions()
    names = ["version", "when", "cell", "scope", "examples", "added", "removed", "tags", "evaluated", "raced"]
    output.show(output.small(names, [_listed(row) for row in rows]))


@sets.command()
@click.argument("old")
@click.argument("new")
@pass_session
def diff(session: Session, old: str, new: str) -> None:
    """What version NEW changed of version OLD; either by tag or by the start of its hash."""
    with session.connect() as db:
        found = db.training.sets.diff(old, new)
    rows = [(what, trace_id) for what in ("added", "removed", "changed") for trace_id in getattr(found, what)]
    output.show(output.small(["change", "trace_id"], rows))


@sets.command()
@click.argument("version")
@pass_session
def blame(session: Session, version: str) -> None:
    """Which version brought each example in."""
    with session.connect() as db:
        rows = db.training.sets.blame(version)
    shown = [(one.trace_id, plain(json.loads(one.answer)), one.version[:_ID], _when(one.timestamp)) for one in rows]
    output.show(output.small(["trace_id", "answer", "since version", "when"], shown))


@sets.command()
@click.argument("version")
@click.argument("name")
@pass_session
def tag(session: Session, version: str, name: str) -> None:
    """Call a version NAME; `-- @ training: NAME` in a query uses it."""
    with session.connect() as db:
        row = db.training.sets.tag(version, name)
    click.echo(f"{row.version[:_ID]} is {name}")


@sets.command()
@click.argument("version")
@click.option("--force", is_flag=True, help="Even where its evaluation shows harm.")
@click.option("--reason", metavar="TEXT", help="Why.")
@pass_session
def use(session: Session, version: str, force: bool, reason: str | None) -> None:
    """Make a version the one that calls learn from: go live, or roll back. `follow` ends it."""
    with session.connect() as db:
        row = db.training.sets.use(version, reason=reason, force=force)
    click.echo(f"{row.version[:_ID]} is live: decisions made from now on wait until another version is")


@sets.command()
@click.argument("version")
@pass_session
def follow(session: Session, version: str) -> None:
    """Let calls of this version's set learn from every decision at once again."""
    with session.connect() as db:
        db.training.sets.follow(version)
    click.echo("every decision counts at once again")


@click.command()
@click.argument("cascade_id")
@click.argument("cell_name")
@pass_session
def contradictions(session: Session, cascade_id: str, cell_name: str) -> None:
    """Examples that answer the same question differently: kept out until one is chosen or verified."""
    with session.connect() as db:
        found = db.training.sets.checked(cascade_id, cell_name)
    contradictions: Any = found.contradictions
    rows = [
        (number, one.trace_id, plain(dict(one.arguments)), plain(one.answer), "holds" if one == pair.holds else "")
        for number, pair in enumerate(contradictions, 1)
        for one in pair.examples
    ]
    output.show(output.small(["pair", "trace_id", "arguments", "answer", ""], rows))
    failure.note(f"{len(found.kept):,} examples enter, {len(found.duplicates):,} say what another says already")


@click.command()
@click.argument("trace_id")
@pass_session
def choose(session: Session, trace_id: str) -> None:
    """End a contradiction: this example stays, those against it are unmarked."""
    with session.connect() as db:
        marked = db.training.sets.choose(trace_id)
    click.echo(f"unmarked {marked.updated:,} against {trace_id}")
    failure.note(f"undo: rvbbit training undo {marked.undo}")


def _listed(row: Any) -> tuple[object, ...]:
    evaluated = None if row.proof is None else "harm" if row.proof.harm else "no harm"
    raced = None if row.race is None else json.loads(row.race.result)["winner"]
    names = (["live"] if row.live else []) + list(row.tags)
    cell = f"{row.cell.cascade_id}.{row.cell.cell_name}"
    changed = (row.size, row.added, row.removed)
    return (row.version[:_ID], _when(row.timestamp), cell, row.scope, *changed, " ".join(names), evaluated, raced)


def _when(moment: Any) -> str:
    return str(moment.astimezone().isoformat(sep=" ", timespec="minutes")[:16])
