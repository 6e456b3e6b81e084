"""`rvbbit score`: what is unscored, what scoring it would cost, and the scoring itself. It may be stopped and run again at any point."""

from __future__ import annotations

import click

from rvbbit.cli import failure
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.progress import usd, watched


@click.command()
@click.option("--backfill", is_flag=True, help="Score what is unscored. Without it: only say what is, and what it would cost.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many executions, the newest of each cell first.")
@click.option("--budget", type=click.FloatRange(min=0), metavar="USD", help="Stop when the judge has cost this much; what is scored stays.")
@click.option("--free", is_flag=True, help="Free scorers alone: ask no judge.")
@pass_session
def command(session: Session, backfill: bool, limit: int | None, budget: float | None, free: bool) -> None:
    """Give logged executions a confidence: by rules, verified neighbours, repeated answers, probabilities and a judge."""
    with session.connect() as db:
        found = db.unscored(free=free)
        judge = f"{found.judge} judges {found.judged:,}, about {usd(found.estimated_usd)}" if found.judge else "free scorers alone"
        say = failure.note if backfill else click.echo
        say(f"{found.executions:,} unscored; {judge}")
        if not backfill:
            return
        with watched(db) as listen:
            done = db.score(limit, budget_usd=budget, free=free, listen=listen)
    click.echo(f"scored {done.executions:,}, {usd(done.cost_usd)}; {done.left:,} left")
