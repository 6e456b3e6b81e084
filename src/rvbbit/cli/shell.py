"""The interactive shell: reads statements, runs them, shows rows. Errors leave it running; what a backslash does is `backslash.py`'s."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import create_output
from prompt_toolkit.styles import Style
from pygments.lexers.sql import PostgresLexer
from pygments.token import Comment, Punctuation
from pygments.token import Error as Unreadable

import rvbbit
from rvbbit.cli import backslash, failure, output
from rvbbit.cli.completion import ShellCompleter, Words
from rvbbit.cli.progress import Watch, each, seconds, tell_usage
from rvbbit.errors import DatabaseError, Error

if TYPE_CHECKING:
    from rvbbit.cli.context import Project
    from rvbbit.result import Result

_LEXER = PostgresLexer()
# The terminal's own colours, so that they fit its theme.
_COLOURS = Style.from_dict(
    {
        "pygments.keyword": "ansiblue bold",
        "pygments.name.builtin": "ansiblue",
        "pygments.literal.string": "ansigreen",
        "pygments.literal.number": "ansicyan",
        "pygments.comment": "ansibrightblack",
    }
)
_WORDS_FOR_LEAVING = frozenset({"quit", "exit"})


class Shell:
    """One session at a terminal. `expanded` and `timing` are what `\\x` and `\\timing` switch; `last` is the last statement run."""

    def __init__(self, db: Project, *, model: str | None = None, budget_usd: float | None = None) -> None:
        self.db = db
        self.expanded = False
        self.timing = False
        self.last = ""
        self._model = model
        self._budget = budget_usd
        self._completer = ShellCompleter()
        self._keywords = self._known_keywords()
        self._prompt: PromptSession[str] = PromptSession(
            message="rvbbit=> ",
            prompt_continuation=lambda width, number, wrapped: "rvbbit-> ",
            multiline=Condition(lambda: not complete(get_app().current_buffer.text)),
            history=self._history(),
            lexer=PygmentsLexer(PostgresLexer),
            style=_COLOURS,
            completer=self._completer,
            complete_while_typing=False,
            output=create_output(always_prefer_tty=True),
        )

    def run(self) -> None:
        """Until `\\q` or Ctrl-D."""
        click.echo(f"rvbbit {rvbbit.__version__} · {self._model or self.db.settings.model} · {self.db.settings.home}", err=True)
        click.echo("End a statement with ; · \\? for help · \\q to leave", err=True)
        for problem in self.db.problems():
            failure.note(f"operator left out: {problem}")
        text = ""
        while True:
            self._refresh()
            try:
                text = self._prompt.prompt(default=text)
            except KeyboardInterrupt:
                text = ""
                continue
            except EOFError:
                return
            if text.strip().rstrip(";").lower() in _WORDS_FOR_LEAVING:
                return
            try:
                text = self._enter(text)
            except backslash.Leave:
                return

    def execute(self, text: str) -> None:
        """Run a script and show what it gives. Errors are shown, not raised."""
        self.last = text
        try:
            for result in each(self.db, lambda listen: self._script(text, listen)):
                self._show(result)
        except Error as error:
            failure.say(error, text)
        except KeyboardInterrupt:  # Ctrl-C while rows are shown
            failure.interrupted()

    def _script(self, text: str, listen: Watch) -> Iterator[Result]:
        return self.db.script(text, budget_usd=self._budget, model=self._model, listen=listen)

    def _enter(self, text: str) -> str:
        """Run one entry; the text to start the next prompt with."""
        if text.lstrip().startswith("\\"):
            try:
                return backslash.run(self, text.strip())
            except Error as error:
                failure.say(error)
        elif text.strip(" \n\t;"):
            self.execute(text)
        return ""

    def _show(self, result: Result) -> None:
        if result.columns:
            lines = output.table_lines(result.arrow(), output.terminal_style(), expanded=self.expanded, more="… is cut: \\x shows it whole")
            output.page(lines)
        else:
            click.echo("done")
        tell_usage(result.usage)
        if self.timing:
            click.echo(f"Time: {seconds(result.usage.seconds)}")
        click.echo()

    def _history(self) -> History:
        directory = Path(self.db.settings.home) / ".rvbbit"
        return FileHistory(str(directory / "history")) if directory.is_dir() else InMemoryHistory()

    def _known_keywords(self) -> list[str]:
        return [str(row[0]) for row in self.db.sql("SELECT DISTINCT keyword_name FROM duckdb_keywords() ORDER BY 1").fetchall()]

    def _refresh(self) -> None:
        """What Tab offers follows the tables and operator files there are now."""
        try:
            self._completer.words = Words(self._keywords, self.db.tables(), self.db.operators(), backslash.COMMANDS)
        except DatabaseError:  # a transaction that failed answers nothing until ROLLBACK; Tab keeps what it knew
            return


def complete(text: str) -> bool:
    """Whether Enter should run this: a `;` outside strings and comments ends it, a backslash command is one line, nothing is nothing."""
    stripped = text.strip()
    if not stripped or stripped.startswith("\\") or stripped.lower() in _WORDS_FOR_LEAVING:
        return True
    told = [(kind, value) for kind, value in _LEXER.get_tokens(text) if value.strip() and not _within(kind, Comment)]
    open_dollars = "$$" in "".join(value for kind, value in told if _within(kind, Unreadable))  # closed, it is a string to the lexer
    return bool(told) and not open_dollars and _within(told[-1][0], Punctuation) and told[-1][1].endswith(";")


def _within(kind: tuple[str, ...], group: tuple[str, ...]) -> bool:
    """Whether a token's kind is of that group: `Comment.Single` is of `Comment`."""
    return kind[: len(group)] == group
