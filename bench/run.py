"""Measures RVBBIT and prints what it found: `make bench`, or `python bench/run.py [engine] [answered] [client] [learning]`.

Engine: each scenario beside a bare aiohttp loop that sends the very same requests; server and clients in processes of their own, taking
turns; medians. The model is a fake one on loopback, so nothing costs money. Both also go to `bench/results/PART.json`. The other parts are
programs of their own that print their own reports.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from scenarios import CONCURRENCY, SCENARIOS, Scenario

from rvbbit.testing import FakeProcess

HERE = Path(__file__).parent
RUNS = 5
COUNTED = ("", "query", "requests", "distinct", "tokens", "wall s", "ideal s", "ratio")
COMPARED = ("bare s", "CPU ms/call", "bare ms", "×", "MB", "bare MB")


def child(script: str, *arguments: str, base_url: str = "") -> dict[str, Any]:
    """The JSON that a script of this directory prints, run in a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("RVBBIT_")}
    env |= {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "sk-none"}
    done = subprocess.run([sys.executable, str(HERE / script), *arguments], env=env, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def engine() -> dict[str, Any]:
    """Every scenario."""
    found = {scenario.name: compared(scenario) for scenario in SCENARIOS}
    print_table((*COUNTED, *COMPARED), [row(scenario, found[scenario.name]) for scenario in SCENARIOS])
    start = statistics.median(one["ours"]["start"] for one in found.values())
    print(f"\nFrom connecting to a first answer: {start:.2f} s. Concurrency {CONCURRENCY}, medians of {RUNS}.")
    return found


def compared(scenario: Scenario) -> dict[str, Any]:
    """Medians of ours and of the bare loop, and how many requests the server saw for one run of the query."""
    before = 1 + (scenario.texts if scenario.again else 0)  # the one that warms up, and those that make answers known
    ours, bare, requests = [], [], []
    options = ("--latency", str(scenario.latency), "--fail-share", str(scenario.failing))
    with FakeProcess(*options) as server, tempfile.TemporaryDirectory() as folder:
        bodies = str(Path(folder, "requests.jsonl"))
        for _ in range(RUNS):
            server.reset()
            ours.append(child("ours.py", scenario.name, bodies, base_url=server.base_url))
            requests.append(server.stats()["calls"] - before)
            if ours[-1]["calls"]:
                bare.append(child("bare.py", bodies, str(CONCURRENCY), base_url=server.base_url))
    return {"ours": medians(ours), "bare": medians(bare) if bare else None, "requests": statistics.median(requests)}


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def row(scenario: Scenario, found: Mapping[str, Any]) -> list[str]:
    """One line of the table; – where there is nothing to compare with."""
    ours, bare = found["ours"], found["bare"]
    counts = [f"{count:,.0f}" for count in (found["requests"], scenario.distinct, ours["tokens"])]
    ratio = f"{ours['wall'] / scenario.ideal:.2f}" if scenario.ideal else "–"
    line = [scenario.name, scenario.says, *counts, f"{ours['wall']:.2f}", f"{scenario.ideal:.2f}", ratio]
    if bare is None:
        return [*line, "–", "–", "–", "–", f"{ours['rss']:.0f}", "–"]
    each, least = (1000 * one["cpu"] / scenario.distinct for one in (ours, bare))
    return [*line, f"{bare['wall']:.2f}", f"{each:.2f}", f"{least:.2f}", f"{each / least:.1f}", f"{ours['rss']:.0f}", f"{bare['rss']:.0f}"]


def answered() -> dict[str, Any]:
    """A million rows whose answers are all known."""
    with FakeProcess() as server:
        found = child("answered.py", base_url=server.base_url)
    rows = []
    for what in ("count", "rows"):
        ours, column, join = (found[f"{what}, {how}"] for how in ("RVBBIT", "a column", "a join"))
        rows.append([what, f"{ours:.3f}", f"{column:.3f}", f"{join:.3f}", f"{ours - join:.3f}"])
    print_table(("1,000,000 rows, 10,000 texts", "RVBBIT s", "a column s", "a join s", "more than the join s"), rows)
    return found


MEASURED: Mapping[str, Callable[[], dict[str, Any]]] = {"engine": engine, "answered": answered}
PROGRAMS = {"client": "The provider's wrappers alone.", "learning": "What examples do to accuracy."}


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """As Markdown, so that it can be pasted."""
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    for line in (head, ["-" * width for width in widths], *rows):
        print(f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |")


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    versions = {name: metadata.version(name) for name in ("rvbbit", "duckdb", "aiohttp", "sqlglot", "pyarrow")}
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), **versions}


def main() -> None:
    """Run the parts that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", nargs="*", choices=[[], *MEASURED, *PROGRAMS], help="default: all")
    for part in parser.parse_args().part or [*MEASURED, *PROGRAMS]:
        print(f"\n{part}: {PROGRAMS.get(part) or MEASURED[part].__doc__}\n", flush=True)
        if part in PROGRAMS:
            # Not checked: `learning` says itself which data sets it lacks, and the other parts are no worse for it.
            subprocess.run([sys.executable, str(HERE / f"{part}.py")], check=False)
        else:
            found = {"machine": machine(), "found": MEASURED[part]()}
            (HERE / "results" / f"{part}.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
