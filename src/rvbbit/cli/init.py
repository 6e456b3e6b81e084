"""`rvbbit init`: a new project. What is already there stays as it is."""

from __future__ import annotations

from pathlib import Path

import click

from rvbbit.cli import failure, project
from rvbbit.cli.context import Session, pass_session


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@pass_session
def command(session: Session, directory: Path | None) -> None:
    """A new project in DIR (default: here): rvbbit.toml, cascades/, data/. Nothing is overwritten."""
    home = directory or session.home or Path()
    written, kept = project.create(home)
    for path in written:
        click.echo(f"wrote  {path}")
    for path in kept:
        click.echo(f"kept   {path}, it was there already")
    enter = "" if home.resolve() == Path.cwd() else f"cd {home} && "
    failure.note("\nNext:")
    failure.note(f"  {enter}rvbbit sql \"SELECT TEAM('Where is my parcel?')\"")
    failure.note("  rvbbit operators    every operator there is")
    failure.note("  rvbbit sql          a shell")
