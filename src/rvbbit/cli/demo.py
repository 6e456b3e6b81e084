"""`rvbbit demo`: tells the learning circle on a real data set, as it happens. Every figure is counted in this run.

Five steps: load, ask by meaning, measure, curate, ask again. With --json the same figures come as one object and nothing else.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from rvbbit.cli import output, project
from rvbbit.cli.context import Session, pass_session
from rvbbit.cli.narrator import Narrator
from rvbbit.cli.progress import seconds, usage_line, watched
from rvbbit.engine import circle
from rvbbit.errors import UsageError
from rvbbit.types import Notice

MODEL = "local:minilm"
_SHOWN = 8
"""Changed answers shown."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object and nothing else.")
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep the project there. Default: a temporary one."
)
@click.option("--per-label", type=click.IntRange(min=1), default=10, show_default=True, help="Answers to curate for each label.")
@pass_session
def command(session: Session, as_json: bool, home: Path | None, per_label: int) -> None:
    """The whole circle on real questions of bank customers: query, log, measure, curate, query again. No key, no network."""
    with _project(home or session.home) as directory:
        demo = Demo(directory, Narrator(silent=as_json), per_label, kept=home is not None or session.home is not None)
        figures = demo.run()
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))


@contextmanager
def _project(home: Path | None) -> Iterator[Path]:
    """A fresh project. Raises UsageError where one is there already: its log would not be a newcomer's."""
    if home is None:
        with tempfile.TemporaryDirectory(prefix="rvbbit-demo-") as directory:
            project.create(Path(directory))
            yield Path(directory)
        return
    if (home / ".rvbbit").exists():
        raise UsageError(f"{home} already holds a project with a log", hint="name a new directory: the demo starts from nothing")
    project.create(home)
    yield home.resolve()


class Demo:
    """One run of the circle, told as it goes."""

    def __init__(self, home: Path, narrator: Narrator, per_label: int, *, kept: bool) -> None:
        self.home = home
        self.tell = narrator
        self.data = circle.read(per_label)
        self.kept = kept
        self.notices: list[Notice] = []

    def run(self) -> dict[str, Any]:
        """All five steps. The figures as `--json` prints them."""
        import rvbbit  # loads DuckDB and the model runtime; the first line is on the screen before that

        self.tell.title("RVBBIT: the whole circle, on this machine, without a key or a network.")
        self.tell.say(f"Project: {self.home} ({'kept' if self.kept else 'removed at the end; --home DIR keeps one'})")
        store, database = (str(self.home / ".rvbbit" / name) for name in ("store.duckdb", "data.duckdb"))
        with rvbbit.connect(self.home, store=store, database=database, model=MODEL) as self.db:
            self._load()
            self._ask_by_meaning()
            before = self._measure()
            curation = self._curate()
            after, again = self._ask_again(before)
            changed = circle.changes(self.data, before, after)
            self._compare(before, after, again, changed)
        return {
            "dataset": "BANKING77",
            "model": MODEL,
            "labels": len(self.data.labels),
            "before": _figures(before),
            "after": _figures(after),
            "again": _figures(again),
            "examples": curation.marked,
            "corrected": curation.corrected,
            "changed": dict(Counter(change.verdict for change in changed)),
            "notices": [notice.message for notice in self.notices],
        }

    def _load(self) -> None:
        self.tell.step("Load")
        self.tell.say(
            f"BANKING77: questions that customers asked a bank, each with one of {len(self.data.labels)} intents "
            "(Casanueva et al. 2020, CC BY 4.0). The intents stay outside the table: no query can see them."
        )
        self.tell.sql(circle.LOAD)
        circle.load(self.db, self.data, self.home / "data")
        self.tell.say(
            f"{self.data.tickets.num_rows:,} tickets: {len(self.data.held_out):,} held out for measuring, never learned from, "
            f"and {len(self.data.history):,} to learn from."
        )

    def _ask_by_meaning(self) -> None:
        self.tell.step("Ask by meaning")
        self.tell.sql(circle.MEANS)
        with watched(self.db, self.notices.append) as listen:
            result = self.db.sql(circle.MEANS, listen=listen)
        self.tell.table(result.arrow())
        self.tell.say(usage_line(result.usage))

    def _measure(self) -> circle.Pass:
        self.tell.sql(circle.CLASSIFY, f"$labels: the names of the {len(self.data.labels)} intents")
        before = self._ask()
        self.tell.say(usage_line(before.usage))
        self.tell.step("Measure")
        self.tell.say("It knows the names of the intents and nothing else. How often is it right on the held-out tickets?")
        self.tell.figure(f"{_percent(before)} of {before.rows:,}")
        return before

    def _curate(self) -> circle.Curation:
        self.tell.step("Curate")
        self.tell.say("Every answer was logged with its question, and the log answers SQL. The answers to the tickets to learn from:")
        self.tell.sql(circle.LOGGED)
        done = circle.curate(self.db, self.data)
        self.tell.say(
            f"{done.marked:,} marked as examples in {seconds(done.seconds)}: {done.marked - done.corrected:,} were right, "
            f"{done.corrected:,} were wrong and got the right answer. The data set's own intents stand in for the curator here; "
            "in your project that is you, with `rvbbit training mark`."
        )
        return done

    def _ask_again(self, before: circle.Pass) -> tuple[circle.Pass, circle.Pass]:
        self.tell.step("Ask again")
        self.tell.sql(circle.CLASSIFY, "the same query")
        heard = len(self.notices)
        after = self._ask()
        for notice in self.notices[heard:]:
            self.tell.say(notice.message)
        self.tell.say(usage_line(after.usage))
        self.tell.figure(f"{_percent(before)} → {_percent(after)} of the same {after.rows:,} held-out tickets")
        return after, self._ask()

    def _compare(self, before: circle.Pass, after: circle.Pass, again: circle.Pass, changed: list[circle.Change]) -> None:
        verdicts = Counter(change.verdict for change in changed)
        counts = ", ".join(f"{number:,} {verdict}" for verdict, number in verdicts.most_common())
        self.tell.say(f"{len(changed):,} answers changed: {counts}. Some of them:")
        rows = [(change.text, change.before, change.after, change.verdict) for change in circle.sample(changed, _SHOWN)]
        self.tell.table(output.small(["ticket", "before", "after", "verdict"], rows))
        self.tell.say(f"The same query once more: {usage_line(again.usage)}")
        self.tell.say("Next: `rvbbit init my-project` for one of your own.")

    def _ask(self) -> circle.Pass:
        with watched(self.db, self.notices.append) as listen:
            return circle.ask(self.db, self.data, listen=listen)


def _figures(done: circle.Pass) -> dict[str, Any]:
    usage = done.usage
    return {
        "accuracy": done.accuracy,
        "rows": done.rows,
        "calls": usage.calls,
        "cached": usage.cached,
        "cost_usd": usage.cost_usd,
        "seconds": usage.seconds,
    }


def _percent(done: circle.Pass) -> str:
    return f"{100 * done.accuracy:.1f} %"
