"""`rvbbit training review`: what to look at next, and whether looking at more would still help."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

import click

from rvbbit.cli import failure, output
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.progress import Watch
from rvbbit.values import plain

_ID = 10
"""Characters of an id that a table shows; commands take them."""


@click.command()
@click.option("--cascade", "cascade_id", metavar="ID", help="Of this cascade alone.")
@click.option("--cell", "cell_name", metavar="NAME", help="Of this cell alone.")
@click.option("--order", type=click.Choice(["value", "random", "newest"]), default="value", show_default=True, help="What comes first.")
@click.option("--limit", type=click.IntRange(min=1, max=1_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_session
def review(session: Session, *, cascade_id: str | None, cell_name: str | None, order: str, limit: int, as_json: bool) -> None:
    """What to look at next: contradictions, then what teaches most. Then say `rvbbit training mark ID --verified`, or `--correct`."""
    with session.connect() as db, Watch() as watch:
        found = db.training.review(cascade_id, cell_name, order=cast(Any, order), limit=limit, listen=watch)
    if as_json:
        click.echo(json.dumps({**asdict(found), "items": [_item(one) for one in found.items]}, ensure_ascii=False, default=str))
        return
    rows = [(one.execution.trace_id[:_ID], *_shown(one.execution), one.asked, one.why) for one in found.items]
    output.show(output.small(["id", "cell", "input", "answer", "asked", "why"], rows))
    failure.note(found.signal)


def _shown(row: Any) -> tuple[str, str, str]:
    held = row.answer if row.corrected_output is None else row.corrected_output
    return f"{row.cascade_id}.{row.cell_name}", row.user_input or plain(dict(row.inputs)), plain(held)


def _item(one: Any) -> dict[str, Any]:
    return {**asdict(one), "execution": asdict(one.execution)}
