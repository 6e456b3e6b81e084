"""How an error looks on a terminal: what happened, to which thing, what to do next, and the exit code. It raises nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from rvbbit.errors import Cancelled, CascadeInvalid, DatabaseError, Error, SQLError

_AROUND = 50
"""Characters of a line shown on either side of a mistake."""


class InSQL(Exception):
    """One of our errors together with the SQL text it points into."""

    def __init__(self, error: Error, sql: str) -> None:
        super().__init__(error.message)
        self.error = error
        self.sql = sql


@contextmanager
def pointing_into(sql: str) -> Iterator[None]:
    """Errors raised inside are shown with the line of `sql` they happened on. Raises InSQL."""
    try:
        yield
    except Error as error:
        raise InSQL(error, sql) from error


def report(error: Exception) -> int:
    """Write the error to stderr and return the exit code. What nobody raised on purpose is called a bug."""
    if isinstance(error, InSQL):
        say(error.error, error.sql)
        return error.error.exit_code
    if isinstance(error, Error):
        say(error)
        return error.exit_code
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        return interrupted()
    if isinstance(error, click.ClickException):
        _say_usage(error)
        return 2
    if isinstance(error, OSError):
        line(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return 1
    line(f"this is a bug in rvbbit: {type(error).__name__}: {_one_line(str(error))}")
    hint("run it again as `rvbbit --debug …` and report the traceback together with the output of `rvbbit doctor`")
    return 1


def say(error: Error, sql: str | None = None) -> None:
    """One of our errors. With the SQL it came from, the line it points into is shown with a caret."""
    line(error.message)
    for problem in error.problems if isinstance(error, CascadeInvalid) else ():
        click.echo(f"  {problem}", err=True)
    if sql is not None and error.line is not None and isinstance(error, SQLError | DatabaseError):
        _point(sql, error.line, error.column)
    if error.hint:
        hint(error.hint)


def interrupted() -> int:
    """A person stopped it outside a query."""
    line("interrupted")
    return Cancelled.exit_code


def line(message: str) -> None:
    """The first line of an error."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)


def hint(message: str) -> None:
    """What to do next."""
    click.echo(f"{click.style('hint:', fg='cyan')} {message}", err=True)


def note(message: str) -> None:
    """Something a person may want to know beside the result; dim on a terminal."""
    click.echo(click.style(message, dim=True), err=True)


def _say_usage(error: click.ClickException) -> None:
    message = error.format_message()
    line(message[0].lower() + message[1:].rstrip("."))
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "rvbbit"
    what = "commands" if isinstance(error, click.UsageError) and message.startswith("No such command") else "options"
    hint(f"`{path} --help` lists the {what}")


def _point(sql: str, number: int, column: int | None) -> None:
    """The source line as psql shows it, and a caret under the column. Of a long line, what is around the column."""
    lines = sql.splitlines()
    if not 1 <= number <= len(lines):
        return
    prefix, source = f"LINE {number}: ", lines[number - 1].replace("\t", " ")
    start = max(0, (column or 1) - 1 - _AROUND)
    cut = ("..." if start else "", "..." if len(source) > start + 2 * _AROUND else "")
    click.echo(f"{prefix}{cut[0]}{source[start : start + 2 * _AROUND]}{cut[1]}", err=True)
    if column is not None:
        before = source[start : column - 1]
        click.echo(" " * (len(prefix) + len(cut[0]) + sum(map(_cells, before))) + "^", err=True)


def _cells(character: str) -> int:
    from rvbbit.cli.text import width  # loads Unicode's width tables: only when something is pointed at

    return width(character)


def _one_line(message: str) -> str:
    return " ".join(message.split()) or "no message"
