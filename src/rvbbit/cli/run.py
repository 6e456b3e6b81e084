"""`rvbbit run`: one cascade with one input. The output is JSON on stdout; the cells' progress goes to stderr."""

from __future__ import annotations

import json
import sys

import click

from rvbbit.cli import failure
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.progress import seconds, usd, watched
from rvbbit.errors import UsageError
from rvbbit.types import Arguments
from rvbbit.values import jsonable


@click.command()
@click.argument("cascade")
@click.option("--input", "text", metavar="JSON", help="The inputs as a JSON object; - reads it from standard input.")
@click.option("--session", "session_id", metavar="ID", help="The session the run is logged under. Default: a new one.")
@pass_session
def command(session: Session, cascade: str, text: str | None, session_id: str | None) -> None:
    """Run one cascade by id or path and print its output as JSON."""
    inputs = _inputs(text)
    with session.connect() as db, watched(db) as listen:
        run = db.run(cascade, inputs, session_id=session_id, listen=listen)
    for record in run.records:
        failure.note(f"{record.cell_name}: {seconds(record.duration)}{f' · {record.model}' if record.model else ''}")
    failure.note(f"session {run.session_id} · {usd(run.usage.cost_usd)}")
    click.echo(json.dumps(jsonable(run.output), ensure_ascii=False, indent=2))


def _inputs(text: str | None) -> Arguments:
    """The object given. Raises UsageError for what is not one."""
    if text is None:
        return {}
    try:
        value = json.loads(sys.stdin.read() if text == "-" else text)
    except json.JSONDecodeError as error:
        raise UsageError(f"--input is not JSON: {error}", hint="""quote it for the shell: --input '{"text": "hello"}'""") from error
    if not isinstance(value, dict):
        raise UsageError(f"--input is a JSON {type(value).__name__}, not an object", hint="""name the inputs: {"text": "hello"}""")
    return value
