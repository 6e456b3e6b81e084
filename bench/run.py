"""Measures RVBBIT and prints what it found: `make bench`, or `python -m bench.run [engine] [answered] [client] [learning]`.

Engine: each scenario, beside a bare aiohttp loop that sends the very same requests and every peer that is set up (`make bench-peers`);
`--only W1,W3` (the others are kept from before) and `--systems rvbbit,lotus` choose. `--docs` puts tables into `docs/performance.md`.
Server and clients are processes of their own and take turns; medians. The model is a fake one on loopback that knows the truth about the
rows (`bench/truth.py`), so nothing costs money. What is found also goes to `bench/results/PART.json`. The other parts are programs of their
own that print their own reports.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.answered import RUNS
from bench.compared import SYSTEMS, compared
from bench.page import put
from bench.scenarios import SCENARIOS
from bench.table import markdown, table

from rvbbit.testing import FakeProcess

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PROGRAMS = {"client": "The provider's wrappers alone.", "learning": "What examples do to accuracy."}


def engine(given: argparse.Namespace) -> dict[str, Any]:
    """Every scenario, every system."""
    systems = [name for name in SYSTEMS if not given.systems or name in given.systems.split(",")]
    found = known() if given.only else {}
    found |= compared(given.only.split(",") if given.only else None, systems, given.runs)
    found = {scenario.name: found[scenario.name] for scenario in SCENARIOS if scenario.name in found}
    said = f"{table(found)}{footing(found, systems, given.runs)}\n"
    print(said)
    if given.docs:
        put("performance.md", "bench/run.py", said)
    return found


def known() -> dict[str, Any]:
    """What was found before, by scenario; those that are run again take its place whole, so that a scenario's systems are of one run."""
    file = RESULTS / "engine.json"
    found: dict[str, Any] = json.loads(file.read_text())["found"] if file.exists() else {}
    return found


def footing(found: Mapping[str, Any], systems: Sequence[str], runs: int) -> str:
    """What the table does not say: who was not there, how long a start takes, how busy the machine was."""
    starts = [one["rvbbit"]["start"] for one in found.values() if "start" in one.get("rvbbit", {})]
    versions = ", ".join(f"{name} {SYSTEMS[name].version()}" for name in systems if SYSTEMS[name].version())
    lacking = ", ".join(name for name in systems if not SYSTEMS[name].ready())
    said = [f"Medians of up to {runs} runs; load average {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores at the end."]
    said += [f"From connecting to a first answer: {sorted(starts)[len(starts) // 2]:.2f} s."] if starts else []
    said += [f"Peers: {versions}."] if versions else []
    said += [f"Not set up here: {lacking}."] if lacking else []
    return " ".join(said)


def answered(given: argparse.Namespace) -> dict[str, Any]:
    """A million rows whose answers are all known."""
    with FakeProcess() as server:
        env = {**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-none"}
        done = subprocess.run([sys.executable, "-m", "bench.answered"], env=env, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    rows = []
    for what in ("count", "rows"):
        ours, column, join = (found[f"{what}, {how}"] for how in ("RVBBIT", "a column", "a join"))
        for figure in ("wall", "cpu"):
            seconds = [f"{one[figure]:.3f}" for one in (ours, column, join)]
            rows.append([what, figure, *seconds, *(f"{ours[figure] / one[figure]:.1f}" for one in (column, join))])
    said = f"""{markdown(("1,000,000 rows, 10,000 texts", "", "RVBBIT s", "a column s", "a join s", "÷ column", "÷ join"), rows)}

Medians of {RUNS} runs; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end. The process held
{max(one["rss"] for one in found.values()):.0f} MB at most."""
    print(said)
    if given.docs:
        put("performance.md", "bench/answered.py", said)
    return found


MEASURED: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {"engine": engine, "answered": answered}


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    versions = {name: metadata.version(name) for name in ("rvbbit", "duckdb", "aiohttp", "sqlglot", "pyarrow")}
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), **versions}


def main() -> None:
    """Run the parts that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", nargs="*", choices=[[], *MEASURED, *PROGRAMS], help="default: all")
    parser.add_argument("--only", metavar="W1,…", help="these scenarios alone")
    parser.add_argument("--systems", metavar="rvbbit,…", help=f"these alone, of {', '.join(SYSTEMS)}")
    parser.add_argument("--runs", type=int, default=5, help="of each; slow peers run fewer times")
    parser.add_argument("--docs", action="store_true", help="write the tables of `engine` and `answered` into docs/performance.md")
    given = parser.parse_args()
    for part in given.part or [*MEASURED, *PROGRAMS]:
        print(f"\n{part}: {PROGRAMS.get(part) or MEASURED[part].__doc__}\n", flush=True)
        if part in PROGRAMS:
            # Not checked: `learning` says itself which data sets it lacks, and the other parts are no worse for it.
            subprocess.run([sys.executable, "-m", f"bench.{part}"], check=False)
        else:
            found = {"machine": machine(), "found": MEASURED[part](given)}
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{part}.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
