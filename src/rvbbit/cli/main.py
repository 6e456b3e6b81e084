"""The `rvbbit` command: its global options, where each command lives, and the one place where errors end. It runs no SQL itself.

A command's module is imported when the command is asked for: DuckDB, Arrow and the model runtime take a second to load, and
`rvbbit --help` should not wait for them. For the same reason the one-line helps stand here.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

import rvbbit
from rvbbit.cli import failure, process
from rvbbit.cli.context import Session

COMMANDS: Mapping[str, str] = {
    "demo": "The whole circle on a real data set: query, log, curate, query again.",
    "init": "Start a project: settings, an example operator, a place for data.",
    "serve": "Serve the project over HTTP, and score in the background.",
    "sql": "Run SQL, semantic or plain. Without SQL: an interactive shell.",
    "run": "Run one cascade by id or path.",
    "operators": "Operators and the YAML behind each.",
    "training": "Curate logged executions: list, mark, undo.",
    "score": "Give logged executions a confidence.",
    "doctor": "Check the installation and the project; say how to mend each.",
}


class Commands(click.Group):
    """A group whose commands are modules `rvbbit.cli.<name>` with a click command `command` in each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"rvbbit.cli.{cmd_name}")  # see the module text: start-up stays quick
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="New here? Run `rvbbit demo`, then `rvbbit init`.",
)
@click.version_option(rvbbit.__version__, "--version", prog_name="rvbbit")
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The project. Default: the nearest parent with rvbbit.toml.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, home: Path | None, debug: bool) -> None:
    """Semantic SQL that learns: ask by meaning, mark the good answers, and the next query is better."""
    ctx.obj = Session(home=home)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Every error ends here."""
    try:
        with cli.make_context("rvbbit", list(arguments), color=False if os.environ.get("NO_COLOR") else None) as ctx:
            cli.invoke(ctx)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted. What is still buffered must not fail a second time at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return failure.interrupted()
    except Exception as error:  # noqa: BLE001  the top of this face
        if "--debug" in arguments:
            traceback.print_exception(error)
        return failure.report(error)
    return 0


def main() -> None:
    """The console script."""
    process.begin()
    sys.exit(run(sys.argv[1:]))
