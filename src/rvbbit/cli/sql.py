"""`rvbbit sql`: one script from an argument, a file or a pipe; or, on a terminal and without any, the shell."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from rvbbit.cli import output
from rvbbit.cli.context import Session, pass_session, tell_folder
from rvbbit.cli.failure import pointing_into
from rvbbit.cli.progress import each, tell_usage
from rvbbit.errors import UsageError

if TYPE_CHECKING:
    from rvbbit.result import Result


class _Command(click.Command):
    """Reads an argument such as `-- @ pack: 8⏎SELECT 1` as SQL, where click would look for an option of that name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        names = {name for option in options for name in option.opts}
        with_value = {name for option in options if not option.is_flag for name in option.opts}
        end = args.index("--") if "--" in args else len(args)
        sql = [
            place
            for place, argument in enumerate(args[:end])
            if _is_commented(argument, names) and (place == 0 or args[place - 1] not in with_value)
        ]
        told = [argument for place, argument in enumerate(args[:end]) if place not in sql]
        return super().parse_args(ctx, [*told, "--", *(args[place] for place in sql), *args[end + 1 :]] if sql else args)


def _is_commented(argument: str, options: set[str]) -> bool:
    """Whether an argument is SQL that begins with a comment: no option's name has space in it."""
    return argument.startswith("--") and argument.partition("=")[0] not in options and re.match(r"--[^=]*\s|--.*\n", argument) is not None


@click.command(cls=_Command, short_help="Run SQL, semantic or plain.")
@click.argument("sql", required=False)
@click.option(
    "-f", "--file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE", help="Read the SQL from a file; - is standard input."
)
@click.option("--format", "format_", type=click.Choice(output.FORMATS), default="table", show_default=True, help="How rows are written.")
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write the rows to a file.")
@click.option("--model", metavar="M", help="The model for this run, as provider:model.")
@click.option("--budget", type=click.FloatRange(min=0), metavar="USD", help="Stop when the query has cost this much.")
@click.option("--explain", is_flag=True, help="Show the plan with expected calls and cost; ask no model.")
@pass_session
def command(
    session: Session,
    *,
    sql: str | None,
    file: Path | None,
    format_: str,
    target: Path | None,
    model: str | None,
    budget: float | None,
    explain: bool,
) -> None:
    """Run SQL, semantic or plain: from the argument, from a file, or piped in. Without any of them: an interactive shell.

    Rows go to standard output; progress, notices and what the query cost go to standard error.
    """
    chosen = cast(output.Format, format_)
    output.check(chosen, target)
    text = _text(sql, file)
    with session.connect() as db:
        tell_folder(db)
        if text is None:
            from rvbbit.cli.shell import Shell  # loads prompt_toolkit: only for the shell

            Shell(db, model=model, budget_usd=budget).run()
            return
        with pointing_into(text):
            if explain:
                click.echo(explained(db.explain(text, model=model)))
            else:
                results = each(db, lambda listen: db.script(text, budget_usd=budget, model=model, listen=listen))
                _write(results, chosen, target)


def explained(plan: Result) -> str:
    """A plan as text: its one column, a line a row."""
    return "\n".join(str(row[0]) for row in plan.fetchall())


def _text(sql: str | None, file: Path | None) -> str | None:
    """The script to run; None: a person at a terminal wants the shell. Raises UsageError."""
    if sql is not None and file is not None:
        raise UsageError("SQL was given both as an argument and with -f", hint="give one of them")
    if sql is not None:
        return sql
    if file is None and sys.stdin.isatty():
        return None
    return read_script(Path("-") if file is None else file)


def read_script(path: Path) -> str:
    """A file's text; `-` is standard input. Raises UsageError."""
    try:
        return (sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="name a file that exists") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text in UTF-8", hint="convert it to UTF-8 first") from error


def _write(results: Iterator[Result], format: output.Format, target: Path | None) -> None:
    """Each statement's rows as they come; a binary format holds one result, and that is the last one."""
    last: Result | None = None
    written = 0
    for result in results:
        if not result.columns:
            tell_usage(result.usage)
            continue
        last = result
        if format not in output.BINARY:
            output.write(result.arrow(), format, target, append=written > 0)
            written += 1
            tell_usage(result.usage)
    if format in output.BINARY and last is not None:
        output.write(last.arrow(), format, target)
        tell_usage(last.usage)
