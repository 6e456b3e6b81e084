"""`rvbbit doctor`: every check of the engine with how to mend what failed. It mends nothing itself."""

from __future__ import annotations

import click

from rvbbit.cli.context import Session, pass_session


@click.command()
@pass_session
def command(session: Session) -> None:
    """Check store, models and versions; say how to mend each. Exit code 1 when one is not in order."""
    with session.connect() as db:
        checks = list(db.doctor())
    name_width = max((len(check.name) for check in checks), default=0)
    for check in checks:
        mark = click.style(" ok ", fg="green") if check.ok else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {check.name:<{name_width}}  {check.detail}")
        if not check.ok and check.hint:
            click.echo(f"      {'':<{name_width}}  {click.style('mend:', fg='cyan')} {check.hint}")
    broken = sum(not check.ok for check in checks)
    click.echo(f"\n{broken} of {len(checks)} checks failed" if broken else "\neverything is in order")
    if broken:
        raise click.exceptions.Exit(1)
