"""How the demo speaks: headings, sentences, the SQL as it runs, tables. Silent where only figures are wanted."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click
import pyarrow as pa
from pygments import highlight
from pygments.formatters import TerminalFormatter
from pygments.lexers.sql import PostgresLexer

from rvbbit.cli.table import Style, aligned

_INDENT = "   "
_WIDEST = 100


class Narrator:
    """Writes to stdout; nothing where `silent`."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self._steps = 0

    def title(self, text: str) -> None:
        """What this is."""
        self._write(click.style(text, bold=True))

    def step(self, text: str) -> None:
        """The next numbered step."""
        self._steps += 1
        self._write(f"\n{click.style(f'{self._steps}. {text}', bold=True, fg='cyan')}")

    def say(self, text: str) -> None:
        """A paragraph, wrapped."""
        self._write(textwrap.fill(text, _columns(), initial_indent=_INDENT, subsequent_indent=_INDENT))

    def figure(self, text: str) -> None:
        """What was measured."""
        self._write(_INDENT + click.style(text, bold=True, fg="green"))

    def sql(self, text: str, comment: str = "") -> None:
        """The SQL that runs next."""
        code = f"{text};{f'  -- {comment}' if comment else ''}"
        if sys.stdout.isatty():
            code = highlight(code, PostgresLexer(), TerminalFormatter()).rstrip("\n")
        self._write(f"\n{textwrap.indent(code, _INDENT + '  ')}\n")

    def table(self, table: pa.Table) -> None:
        """Rows, cut to what a reader takes in."""
        style = Style(cells=_columns() - len(_INDENT), colour=sys.stdout.isatty())
        self._write("\n".join(_INDENT + line for line in aligned(table, style)) + "\n")

    def _write(self, text: str) -> None:
        if not self.silent:
            click.echo(text)


def _columns() -> int:
    """A comfortable width: the terminal's, where it is narrower."""
    return min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else _WIDEST
