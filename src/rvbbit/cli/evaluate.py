"""`rvbbit training evaluate`: does a version of a set earn its place, and with `--race`, which way to choose from it is best?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from rvbbit.cli import failure, output
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.progress import Watch, usd
from rvbbit.errors import UsageError

_ID = 12
STRATEGIES = ("recent", "high_confidence", "random", "semantic")


@click.command()
@click.argument("cascade_id")
@click.option("--scope", metavar="JSON", help='What the set\'s examples share, such as {"criterion": "is about money"}.')
@click.option("--candidate", metavar="VERSION", help="Without it: what the decisions make now.")
@click.option("--rows", type=click.IntRange(min=1), default=200, show_default=True, help="Verified executions asked at most.")
@click.option("--go-live", is_flag=True, help="Make the candidate live, where it does no harm.")
@click.option("--force", is_flag=True, help="With --go-live: even where it does.")
@click.option("--race", is_flag=True, help="Compare ways to choose examples instead: strategies, numbers of examples, and none.")
@click.option("--strategy", "strategies", multiple=True, type=click.Choice(STRATEGIES), help="With --race, again and again: all four.")
@click.option("--limit", "limits", multiple=True, type=click.IntRange(min=1), help="With --race, examples a prompt: 1, 5 and 20.")
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), metavar="USD", help="With --race: what it may cost.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_session
def evaluate(session: Session, /, *, cascade_id: str, as_json: bool, race: bool, **given: Any) -> None:
    """Ask verified questions again without examples, with the set in use and with a candidate, and compare."""
    _check(given, race=race)
    asked = {"scope": _scope(given["scope"]), "candidate": given["candidate"], "rows": given["rows"]}
    with session.connect() as db:
        if race:
            _race(db, cascade_id, asked, given, as_json=as_json)
        else:
            _evaluate(db, cascade_id, asked, given, as_json=as_json)


def _evaluate(db: Any, cascade_id: str, asked: Mapping[str, Any], given: Mapping[str, Any], *, as_json: bool) -> None:
    version, found = db.training.sets.evaluate(cascade_id, **asked)
    if as_json:
        click.echo(json.dumps({"version": version, "harm": found.harm, **asdict(found)}))
    else:
        _tell("set", found.arms, found.gains, "95 % interval")
        verdict = "does harm" if found.harm else "shows no harm"
        failure.note(f"candidate {version[:_ID]} {verdict} on {found.questions:,} questions in {found.groups:,} groups")
    if given["go_live"]:
        db.training.sets.use(version, force=given["force"], reason="evaluated")
        failure.note(f"{version[:_ID]} is live")


def _race(db: Any, cascade_id: str, asked: Mapping[str, Any], given: Mapping[str, Any], *, as_json: bool) -> None:
    chosen = {name: given[name] for name in ("strategies", "limits") if given[name]}
    with Watch() as watch:
        version, found = db.training.sets.race(cascade_id, **asked, **chosen, budget_usd=given["budget"], listen=watch)
    if as_json:
        click.echo(json.dumps({"version": version, **asdict(found)}))
        return
    _tell("examples", found.arms, found.gains, "95 % interval, all together")
    if found.questions < found.planned:
        failure.note(f"the budget ended after {found.questions:,} of {found.planned:,} questions; run it again to go on from there")
    failure.note(f"set {version[:_ID]}, {found.questions:,} questions in {found.groups:,} groups: {_verdict(found.current, found.winner)}")


def _verdict(current: str, winner: str) -> str:
    if winner == current:
        return f"nothing is shown to be better than {current}, as it is now"
    if winner == "none":
        return f"no examples are better than {current}: look at them, or say `use_training: false`"
    strategy, limit = winner.split()
    return f"{winner} is better than {current}: say `training_strategy: {strategy}` and `training_limit: {limit}` in the cell"


def _tell(what: str, arms: Mapping[str, Any], gains: Mapping[str, Any], interval: str) -> None:
    rows = [
        (
            name,
            arm.examples,
            f"{arm.accuracy:.1%}",
            arm.failed,
            arm.calls,
            arm.tokens_in,
            None if arm.cost_usd is None else usd(arm.cost_usd),
        )
        for name, arm in arms.items()
    ]
    output.show(
        output.small([what, "at most" if what == "examples" else "examples", "accuracy", "failed", "calls", "tokens in", "cost"], rows)
    )
    compared = [(name, f"{gain.mean:+.1%}", f"{gain.low:+.1%} to {gain.high:+.1%}") for name, gain in gains.items()]
    output.show(output.small(["gain", "mean", interval], compared))


def _check(given: Mapping[str, Any], *, race: bool) -> None:
    """Raises UsageError for an option that says nothing here."""
    idle: Sequence[str] = ("go_live", "force") if race else ("strategies", "limits", "budget")
    if wrong := [name for name in idle if given[name]]:
        option = {"strategies": "--strategy", "limits": "--limit", "go_live": "--go-live"}.get(wrong[0], f"--{wrong[0]}")
        raise UsageError(f"{option} {'does not go with' if race else 'goes with'} --race", hint="`rvbbit training evaluate --help`")


def _scope(text: str | None) -> Any:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"--scope {text!r} is not JSON", hint='write it like {"criterion": "is about money"}') from error
    if not isinstance(value, dict):
        raise UsageError(f"--scope {text!r} is no JSON object", hint='write it like {"criterion": "is about money"}')
    return value
