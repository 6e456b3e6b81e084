"""`rvbbit serve`: the HTTP API of one project, and what runs beside it. It prints where it listens and ends when it is told to."""

from __future__ import annotations

import logging
import sys

import click

import rvbbit
from rvbbit import address, settings
from rvbbit.cli import failure, process
from rvbbit.cli.context import Session, pass_session


@click.command(short_help="Serve the HTTP API.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; any but loopback needs RVBBIT_TOKEN.")
@click.option("--port", type=click.IntRange(0, 65535), default=5050, show_default=True, help="The API's port; 0 takes a free one.")
@click.option("--studio-port", type=click.IntRange(0, 65535), default=5550, show_default=True, help="The Studio's port: the same app.")
@pass_session
def command(session: Session, host: str, port: int, studio_port: int) -> None:
    """Serve the project over HTTP until SIGTERM or Ctrl-C; then finish what runs, write what waits, and end."""
    from rvbbit.http import app, guard, server  # load FastAPI: only for a server
    from rvbbit.http.face import Face  # likewise

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    known = session.settings()
    guard.check_bind(host, known.token)
    held = address.Held(known.home)
    try:
        sockets = [server.listen(host, number) for number in ((port,) if port == studio_port != 0 else (port, studio_port))]
        with rvbbit.connect(settings=known) as db:
            face = Face.of(db)
            api, studio = server.url(sockets[0]), server.url(sockets[-1])
            _tell(known, api, studio)
            held.write(api, known.all_shown())
            if known.scoring:
                db.worker.start()
            if db.others is not None:
                db.others.start()
            process.settle()
            server.serve(face, app.app(face, None if host in ("0.0.0.0", "::") else (host,)), sockets, note=failure.note)
            failure.note("stopped")
    finally:
        held.release()


def _tell(known: settings.Settings, api: str, studio: str) -> None:
    click.echo(f"RVBBIT {rvbbit.__version__} · {known.home}")
    click.echo(f"  API      {api}   every route: {api}/docs")
    click.echo(f"  Studio   {studio}")
    click.echo(f"  store    {known.shown('store')}")
    click.echo(f"  scoring  {_scoring(known.scoring)}")
    click.echo(f"  token    {'needed: Authorization: Bearer … (RVBBIT_TOKEN)' if known.token else 'none: only this machine can ask'}")
    click.echo("Ctrl-C stops it.")
    sys.stdout.flush()


def _scoring(share: float) -> str:
    if not share:
        return "off"
    return f"{'everything' if share == 1 else f'{share:.0%}'} that is logged, between queries"
