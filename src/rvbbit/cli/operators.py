"""`rvbbit operators`: what there is, the YAML behind each, a new one from a template, and the test cases inside the YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rvbbit.cli import failure, output, project
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.text import visible

if TYPE_CHECKING:
    from rvbbit.cli.context import Project

_MARKS = {True: click.style("pass", fg="green"), False: click.style("FAIL", fg="red", bold=True), None: click.style("  - ", dim=True)}
"""None: this model cannot do the operator at all."""


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Operators and the YAML behind each. Without a subcommand: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command("list")
@pass_session
def list_(session: Session) -> None:
    """How each operator is written, what it returns and where it comes from."""
    with session.connect() as db:
        show_all(db)


@command.command()
@click.argument("name")
@pass_session
def show(session: Session, name: str) -> None:
    """The YAML of an operator, by its name or its cascade's id."""
    with session.connect() as db:
        cascade = db.cascade(name)
        failure.note(cascade.origin)
        click.echo(cascade.yaml.rstrip())


@command.command()
@click.argument("name")
@pass_session
def new(session: Session, name: str) -> None:
    """A new operator file in the project's cascades/, to be edited."""
    with session.connect() as db:
        path = project.new_operator(db.settings.home, name)
    click.echo(f"{path}")
    failure.note(f"edit it, then: rvbbit operators test {name}")


@command.command()
@click.argument("name", required=False)
@click.option("--model", metavar="M", help="The model to test with, as provider:model.")
@pass_session
def test(session: Session, name: str | None, model: str | None) -> None:
    """Run the test cases inside the YAML, of one operator or of all. Exit code 1 when one fails."""
    with session.connect() as db:
        outcomes = db.test_operators(name, model=model)
    for outcome in outcomes:
        click.echo(f"{_MARKS[outcome.passed]}  {outcome.operator}: {visible(outcome.case)}")
        if outcome.error:
            click.echo(f"      {visible(outcome.error)}")
    verdicts = [outcome.passed for outcome in outcomes]
    passed, failed = verdicts.count(True), verdicts.count(False)
    left_out = len(verdicts) - passed - failed
    click.echo(f"{passed} of {passed + failed} passed{f', {left_out} left out' if left_out else ''}")
    if failed:
        raise click.exceptions.Exit(1)


def show_all(db: Project) -> None:
    """The table of operators, and the files that could not be read."""
    rows = [(operator.name, _patterns(operator.patterns), operator.returns, operator.description) for operator in db.operators()]
    output.show(output.small(["name", "written", "returns", "what it does"], rows))
    for problem in db.problems():
        failure.note(f"left out: {problem}")


def _patterns(patterns: tuple[str, ...]) -> str:
    return ", ".join(pattern.replace("{{ ", "").replace(" }}", "") for pattern in patterns)
