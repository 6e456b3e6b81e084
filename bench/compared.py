"""Runs the scenarios: each system in a process of its own, against one server, in turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.grading import accuracy
from bench.measure import CONCURRENCY
from bench.scenarios import SCENARIOS, TEN, Scenario, tables
from bench.workload import CRITERION, DATA, LABELS, TOPIC

from rvbbit.testing import FakeProcess

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
VENVS = Path(os.environ.get("RVBBIT_PEERS", CACHE / "rvbbit-peers"))
PATIENCE = 300.0  # seconds for one run of one scenario
SLOW = 3.0  # seconds after which a peer's scenario is not run again
FIGURES = ("wall", "cpu", "rss", "start")


@dataclass(frozen=True, slots=True)
class System:
    """Something that is measured. `package` is what its environment calls it; "" is ours and the bare loop."""

    name: str
    module: str
    package: str = ""

    @property
    def python(self) -> str:
        return str(VENVS / self.name / "bin" / "python") if self.package else sys.executable

    def ready(self) -> bool:
        return not self.package or (VENVS / self.name / ".ready").exists()

    def version(self) -> str:
        """As its environment has it, "" where there is none to say."""
        if not self.package or not self.ready():
            return ""
        command = [self.python, "-c", f"from importlib.metadata import version; print(version('{self.package}'))"]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


SYSTEMS: Mapping[str, System] = {
    one.name: one
    for one in (
        System("rvbbit", "bench.ours"),
        System("bare", "bench.bare"),
        System("lotus", "bench.peers.lotus", "lotus-ai"),
        System("docetl", "bench.peers.docetl", "docetl"),
        System("daft", "bench.peers.daft", "daft"),
        System("blendsql", "bench.peers.blendsql", "blendsql"),
        System("palimpzest", "bench.peers.palimpzest", "palimpzest"),
    )
}


def compared(only: Sequence[str] | None, systems: Sequence[str], runs: int) -> dict[str, Any]:
    """By scenario, by system: the medians of its figures, or why there are none under `absent`."""
    found = {}
    for scenario in SCENARIOS:
        if only is None or scenario.name in only:
            found[scenario.name] = of(scenario, [SYSTEMS[name] for name in systems if SYSTEMS[name].ready()], runs)
            print(f"{scenario.name} is measured", file=sys.stderr, flush=True)
    return found


def of(scenario: Scenario, systems: Sequence[System], runs: int) -> dict[str, Any]:
    """Each system's figures, all of them taking turns."""
    options = ["--latency", str(scenario.latency), "--fail-share", str(scenario.failing)]
    options += ["--rule", str(HERE / "truth.py")] if scenario.kind != "unjudged" else []
    found: dict[str, list[dict[str, Any]]] = {system.name: [] for system in systems}
    with FakeProcess(*options) as server, tempfile.TemporaryDirectory() as folder:
        bodies, rows = Path(folder, "requests.jsonl"), Path(folder, "rows.json")
        try:
            rows.write_text(json.dumps(given(scenario)))
        except FileNotFoundError as error:
            return {"rvbbit": {"absent": f"no data: {Path(str(error.filename)).parent.name} is not in {DATA}"}}
        for _ in range(runs):
            for system in systems:
                if not done(found[system.name], system) and (system.name != "bare" or (bodies.exists() and bodies.stat().st_size)):
                    found[system.name].append(once(system, scenario, server, rows if system.package else bodies))
    return {name: medians(ran) for name, ran in found.items() if ran}


def done(ran: Sequence[Mapping[str, Any]], system: System) -> bool:
    """Not to be run again: it cannot, or it is a peer that takes long."""
    return bool(ran) and ("absent" in ran[-1] or (bool(system.package) and ran[-1]["wall"] > SLOW))


def given(scenario: Scenario) -> dict[str, Any]:
    """What a peer is told: the rows and the question. C0 is ours alone."""
    asked = {"criterion": CRITERION, "topic": TOPIC, "labels": LABELS, "limit": TEN, "below": scenario.below, "concurrency": CONCURRENCY}
    return {**asked, **{name: rows.to_pylist() for name, rows in tables(scenario).items()}}


def once(system: System, scenario: Scenario, server: FakeProcess, file: Path) -> dict[str, Any]:
    """What the process says, with the calls and tokens that the server counted and how right its rows are."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("RVBBIT_")}
    env |= {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_BASE": server.base_url, "OPENAI_API_KEY": "sk-none"}
    command = [system.python, "-m", system.module, scenario.name, str(file)]
    if system.package:
        env.pop("PYTHONPATH", None)
        env["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is looked for on the network first
    began = time.perf_counter()
    try:
        ran = subprocess.run(command, env=env, cwd=HERE.parent, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return {"absent": f"no answer in {PATIENCE:.0f} s"}
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["no word"])[-1]
        return {"absent": f"failed: {last[:120]}", "after": time.perf_counter() - began}
    said: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    if "absent" in said:
        return said
    counted = server.stats()
    rows = said.pop("rows", None)
    right = None if rows is None else accuracy(scenario, rows)
    return {**said, "requests": counted["calls"], "tokens": counted["tokens"], "accuracy": right}


def medians(ran: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The median of each figure; the reason, where the last run has none."""
    if "absent" in ran[-1]:
        return dict(ran[-1])
    figures = {name: [run[name] for run in ran] for name, value in ran[0].items() if isinstance(value, int | float)}
    return {**{name: statistics.median(values) for name, values in figures.items()}, "runs": len(ran)}
