"""The filters of `GET /api/training/examples`, as flags that commands share. It asks nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
_SORTS = ["timestamp", "confidence", "cost", "duration_ms", "tokens_in", "tokens_out", "cascade_id", "cell_name", "model"]

FINDERS = (
    click.option("--cascade-id", multiple=True, metavar="ID", help="Of this cascade; may be given several times."),
    click.option("--cell-name", multiple=True, metavar="NAME", help="Of this cell; may be given several times."),
    click.option("--session-id", metavar="ID", help="Of this session."),
    click.option("--caller-id", metavar="ID", help="Of this caller."),
    click.option("--model", metavar="M", help="Answered by this model."),
    click.option("--scored/--no-scored", default=None, help="With a confidence, or without."),
    click.option("--min-confidence", type=click.FloatRange(0, 1), metavar="0-1"),
    click.option("--max-confidence", type=click.FloatRange(0, 1), metavar="0-1"),
    click.option("--label", metavar="TEXT", help="Whose answer is this."),
    click.option("--tagged", "tag", metavar="TAG", help="With this tag."),
    click.option("--search", metavar="TEXT", help="With this in the input or the answer."),
    click.option("--since", type=click.DateTime(_DATES), metavar="TIME", help="Not before this time, such as 2026-01-31."),
    click.option("--until", type=click.DateTime(_DATES), metavar="TIME", help="Before this time."),
)
"""What a decision may reach: the filters of the HTTP API but for trainable and verified, which a decision sets."""

CONDITIONS = (
    *FINDERS,
    click.option("--trainable/--no-trainable", default=None, help="Marked as an example, or not."),
    click.option("--verified/--no-verified", default=None, help="Verified by a person, or not."),
)
"""Everything that says which executions, and nothing of how they are shown."""

FILTERS = (
    *CONDITIONS,
    click.option("--sort", type=click.Choice(_SORTS), default="timestamp", show_default=True),
    click.option("--order", type=click.Choice(["asc", "desc"]), default="desc", show_default=True),
    click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True),
    click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True),
)
"""The filters of `GET /api/training/examples`, as flags."""


def filtered(function: F) -> F:
    """Give a command all the filters."""
    return _with(FILTERS, function)


def choosing(function: F) -> F:
    """Give a command all the filters but those of a page."""
    return _with(CONDITIONS, function)


def finding(function: F) -> F:
    """Give a command that decides the filters that say what it reaches."""
    every = click.option("--all", "every", is_flag=True, help="Everything there is, where no filter is given.")
    return _with((*FINDERS, every), function)


def aware(filters: dict[str, Any]) -> dict[str, Any]:
    """A time without a zone is the reader's own."""
    return {name: value.astimezone() if value and name in {"since", "until"} else value for name, value in filters.items()}


def _with(options: Sequence[Callable[[F], F]], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function
