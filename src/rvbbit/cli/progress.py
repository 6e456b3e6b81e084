"""What a person sees while a query runs and after it: a progress line, notices, the usage line, and what Ctrl-C does. All on stderr.

Away from a terminal there is no progress line; notices and usage stay, for logs.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from rvbbit.cli import failure
from rvbbit.types import Notice

if TYPE_CHECKING:
    from rvbbit.cli.context import Project
    from rvbbit.result import Progress, QueryUsage, Result


class Watch:
    """Listens to a query: call it with every Progress and Notice. A context manager; the progress line goes when it ends.

    `tell` gets the notices; without it they go to stderr.
    """

    def __init__(self, tell: Callable[[Notice], None] | None = None) -> None:
        self._tell = tell or self._say
        self._tasks: dict[str, TaskID] = {}
        self._bars = _bars()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()
        self._bars, self._tasks = _bars(), {}

    def __call__(self, event: Progress | Notice) -> None:
        if isinstance(event, Notice):
            self._tell(event)
            return
        note = (f" · {event.cached:,} cached" if event.cached else "") + (f" · {usd(event.cost_usd)}" if event.cost_usd else "")
        if event.stage not in self._tasks:
            self._bars.start()
            self._tasks[event.stage] = self._bars.add_task(event.stage, total=event.total, note=note)
        self._bars.update(self._tasks[event.stage], completed=event.done, total=event.total, note=note)

    def _say(self, notice: Notice) -> None:
        text = f"warning: {notice.message}" if notice.severity == "warning" else notice.message
        if self._bars.live.is_started:
            self._bars.console.print(text, markup=False)
        else:
            click.echo(text, err=True)


def _bars() -> Bars:
    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}{task.fields[note]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=Console(stderr=True, highlight=False),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


@contextmanager
def cancelling(db: Project) -> Iterator[None]:
    """Ctrl-C cancels the running query instead of ending the process; a second one ends it at once. Raises Cancelled from inside."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return

    def cancel(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        db.cancel()

    before = signal.signal(signal.SIGINT, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def watched(db: Project, tell: Callable[[Notice], None] | None = None) -> Iterator[Watch]:
    """A listener for one query, with Ctrl-C."""
    with cancelling(db), Watch(tell) as watch:
        yield watch


def each(db: Project, run: Callable[[Watch], Iterator[Result]]) -> Iterator[Result]:
    """The results of a script as they come. Ctrl-C cancels while a statement runs; while its rows are shown it interrupts as usual."""
    watch = Watch()
    results = run(watch)
    while True:
        with cancelling(db), watch:
            result = next(results, None)
        if result is None:
            return
        yield result


def usage_line(usage: QueryUsage) -> str:
    """`12 calls, 988 cached, $0.0012, 1.3 s`."""
    calls = f"{usage.calls:,} {'call' if usage.calls == 1 else 'calls'}"
    return f"{calls}, {usage.cached:,} cached, {usd(usage.cost_usd)}, {seconds(usage.seconds)}"


def tell_usage(usage: QueryUsage) -> None:
    """The usage line, for a query that asked a model or its memory anything."""
    if usage.calls or usage.cached:
        failure.note(usage_line(usage))


def usd(cost: float | None) -> str:
    """An amount of dollars with as many digits as it takes to say something."""
    if cost is None:
        return "cost unknown"
    if cost == 0:
        return "$0"
    if cost >= 1:
        return f"${cost:,.2f}"
    return f"${cost:.{max(4, 1 - math.floor(math.log10(cost)))}f}"


def seconds(duration: float) -> str:
    """A duration as a person says it: `12 ms`, `1.3 s`, `2 min 5 s`."""
    if duration < 1:
        return f"{duration * 1000:.0f} ms"
    if duration < 60:
        return f"{duration:.1f} s"
    return f"{int(duration // 60)} min {int(duration % 60)} s"
