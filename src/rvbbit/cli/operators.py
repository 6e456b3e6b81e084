"""`rvbbit operators`: what there is, the YAML behind each, a new one from a template, and the test cases inside the YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rvbbit.cli import failure, output, project
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.text import jsonable

if TYPE_CHECKING:
    from rvbbit.engine import Database


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
        failure.note(str(cascade.origin))
        click.echo(cascade.yaml.rstrip("\n"))


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
    with session.connect(model=model) as db:
        outcomes = db.test_operators(name)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in outcomes:
        mark = click.style("pass", fg="green") if outcome.passed else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {outcome.operator}: {outcome.case}")
        if outcome.error is not None:
            click.echo(f"      {outcome.error}")
        elif not outcome.passed:
            click.echo(f"      expected {_json(outcome.expected)}, got {_json(outcome.actual)}")
    click.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} passed")
    if failed:
        raise click.exceptions.Exit(1)


def show_all(db: Database) -> None:
    """The table of operators, and the files that could not be read."""
    rows = [(operator.name, _patterns(operator.patterns), operator.returns, operator.description) for operator in db.operators()]
    output.show(output.small(["name", "written", "returns", "what it does"], rows))
    for problem in db.problems():
        failure.note(f"left out: {problem}")


def _patterns(patterns: tuple[str, ...]) -> str:
    return ", ".join(pattern.replace("{{ ", "").replace(" }}", "") for pattern in patterns)


def _json(value: object) -> str:
    return json.dumps(jsonable(value), ensure_ascii=False)
