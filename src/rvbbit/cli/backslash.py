"""What a backslash does in the shell: the few commands a psql user's fingers know. Each is a function of the shell and its argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rvbbit.cli import operators, output
from rvbbit.cli.sql import read_script
from rvbbit.errors import UsageError

if TYPE_CHECKING:
    from rvbbit.cli.shell import Shell

COMMANDS: Mapping[str, str] = {
    "\\?": "this help",
    "\\q": "leave (so does Ctrl-D)",
    "\\d": "[TABLE] tables, or the columns of one",
    "\\do": "[NAME] operators, or the YAML behind one",
    "\\e": "edit the last statement in $EDITOR",
    "\\i": "FILE run a file of SQL",
    "\\x": "one field a line, on or off",
    "\\timing": "time of each statement, on or off",
}


class Leave(Exception):
    """The person is done."""


def run(shell: Shell, text: str) -> str:
    """One backslash command; the text to start the next prompt with. Raises UsageError for one that does not exist, Leave for `\\q`."""
    name, _, argument = text.rstrip(";").partition(" ")
    actions: Mapping[str, Callable[[Shell, str], str | None]] = {
        "\\?": _help,
        "\\q": _leave,
        "\\d": _describe,
        "\\dt": _describe,
        "\\do": _operators,
        "\\e": _edit,
        "\\i": _include,
        "\\x": _expanded,
        "\\timing": _timing,
    }
    if name not in actions:
        raise UsageError(f"no such command: {name}", hint="\\? lists them")
    return actions[name](shell, argument.strip()) or ""


def _help(shell: Shell, argument: str) -> None:
    for name, what in COMMANDS.items():
        click.echo(f"  {name:<8} {what}")
    click.echo("Everything else is SQL and ends with ; · Ctrl-C stops a running query · Tab completes")


def _leave(shell: Shell, argument: str) -> None:
    raise Leave


def _describe(shell: Shell, argument: str) -> None:
    if argument:
        shell.execute(f'SELECT column_name, column_type, "null" FROM (DESCRIBE {argument})')
        return
    rows = [(schema, table, ", ".join(columns)) for schema, table, columns in shell.db.tables()]
    output.show(output.small(["schema", "table", "columns"], rows), more="… is cut: \\d TABLE shows one")


def _operators(shell: Shell, argument: str) -> None:
    if argument:
        click.echo(shell.db.cascade(argument).yaml.rstrip())
    else:
        operators.show_all(shell.db)


def _edit(shell: Shell, argument: str) -> str:
    edited = click.edit(shell.last, extension=".sql")
    return (edited or "").strip()


def _include(shell: Shell, argument: str) -> None:
    if not argument:
        raise UsageError("\\i needs a file", hint="\\i FILE")
    shell.execute(read_script(Path(argument).expanduser()))


def _expanded(shell: Shell, argument: str) -> None:
    shell.expanded = not shell.expanded
    click.echo(f"one field a line: {_on(shell.expanded)}")


def _timing(shell: Shell, argument: str) -> None:
    shell.timing = not shell.timing
    click.echo(f"timing: {_on(shell.timing)}")


def _on(switch: bool) -> str:
    return "on" if switch else "off"
