"""What a long query costs the other clients of the same server, and how many small calls a second it answers.

    .venv/bin/python -m bench.http [--data DIR] [--rounds N] [--docs]

`rvbbit serve` is a process of its own, on a project with the 27,365 executions of `llm_logs`. A client asks for `/healthz` and for the
first page of `/api/training/examples` in turns, one at a time, for some seconds alone, then beside a semantic query (640 calls, 64 at a
time, of a fake model that takes half a second), then beside a plain DuckDB query that would take hours; so many rounds. Then 16 clients
ask at once.
The client has its share of the same cores. `--docs` puts the tables into `docs/http.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx

import rvbbit
from rvbbit import address
from rvbbit.testing import FakeProcess

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "http.md"
BEGIN, END = "<!-- measured: bench/http.py -->\n", "<!-- end: bench/http.py -->\n"
SERVE = [sys.executable, "-c", "from rvbbit.cli.main import main; main()", "serve", "--port", "0", "--studio-port", "0"]
TOML = 'model = "openai:fake"\nscoring = "off"\n'
LATENCY = 0.5  # seconds an answer of the model takes
CALLS = 640
CLIENTS = 16
SECONDS = 4.0  # of asking, in each part of a round
PATHS = ("/healthz", "/api/training/examples")
SEMANTIC = f"SELECT count(*) FROM range({CALLS}) r(i) WHERE ('ticket ' || i) MEANS 'round {{}}'"
PLAIN = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = 7 -- round {}"
BESIDE = {"alone": None, "a semantic query": SEMANTIC, "a plain query": PLAIN}
SMALL: Mapping[str, tuple[str, str, Any]] = {
    "`GET /healthz`": ("GET", "/healthz", None),
    "`GET /api/training/examples?limit=10`": ("GET", "/api/training/examples?limit=10", None),
    "`POST /api/sql` with `SELECT 1`": ("POST", "/api/sql", {"sql": "SELECT 1"}),
}


def main() -> None:
    """Measure, print, and with --docs keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--docs", action="store_true", help=f"put the tables into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    if not given.data.exists():
        sys.exit(f"{given.data} is not there: pass --data")
    with server(given.data) as url:
        report = "\n".join((*beside(url, given.rounds), "", *at_once(url)))
    print(report)
    if given.docs:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}{report}\n{END}{rest.partition(END)[2]}", "utf-8")


@contextmanager
def server(data: Path) -> Iterator[str]:
    """The address of a server whose project is full of executions."""
    with FakeProcess("--latency", str(LATENCY)) as model, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "rvbbit.toml").write_text(TOML, "utf-8")
        with rvbbit.connect(home) as db:
            db.training.import_(data / "llm_logs")
        env = {name: value for name, value in os.environ.items() if not name.startswith("RVBBIT_")}
        env |= {"OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "none"}
        process = subprocess.Popen(SERVE, cwd=home, env=env, stdout=subprocess.DEVNULL)
        try:
            while (found := address.find(home)) is None or not ready(found.url):
                time.sleep(0.1)
            yield found.url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def ready(url: str) -> bool:
    """Whether it answers yet."""
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def beside(url: str, rounds: int) -> Iterator[str]:
    """The first table's lines."""
    found: dict[tuple[str, str], list[float]] = {(path, name): [] for path in PATHS for name in BESIDE}
    medians: dict[tuple[str, str], list[float]] = {key: [] for key in found}
    for number in range(rounds):
        for name, query in BESIDE.items():
            for path, seconds in asked(url, None if query is None else query.format(number)).items():
                found[path, name] += seconds
                medians[path, name].append(statistics.median(seconds))
    yield f"Measured {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {rounds} rounds. The ratio is the median of the rounds' ratios."
    yield ""
    yield "| asked | beside | calls | p50, ms | p95, ms | p50 ÷ alone |"
    yield "|---|---|--:|--:|--:|--:|"
    for (path, name), seconds in found.items():
        ratios = [one / alone for one, alone in zip(medians[path, name], medians[path, "alone"], strict=True)]
        middle, late = 1000 * statistics.median(seconds), 1000 * statistics.quantiles(seconds, n=20)[-1]
        yield f"| `{path}` | {name} | {len(seconds):,} | {middle:.1f} | {late:.1f} | {statistics.median(ratios):.2f} |"


def asked(url: str, query: str | None) -> dict[str, list[float]]:
    """Seconds of each call by path, while the query runs; what is left of the query is cancelled."""
    found: dict[str, list[float]] = {path: [] for path in PATHS}
    with httpx.Client(base_url=url, timeout=60) as http:
        body = {"sql": query, "query_id": "long"}
        long = threading.Thread(target=lambda: httpx.post(f"{url}/api/sql", json=body, timeout=120))
        if query is not None:
            long.start()
            while "rvbbit_queries_running 1.0" not in http.get("/metrics").text:
                time.sleep(0.01)
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end and (query is None or long.is_alive()):
            for path in PATHS:
                began = time.perf_counter()
                http.get(path).raise_for_status()
                found[path].append(time.perf_counter() - began)
        if query is not None:
            http.delete("/api/sql/long")
            long.join()
    return found


def at_once(url: str) -> Iterator[str]:
    """The second table's lines."""
    yield f"| {CLIENTS} clients at once | calls a second | p50, ms | p95, ms |"
    yield "|---|--:|--:|--:|"
    for name, (method, path, body) in SMALL.items():
        seconds = asyncio.run(crowd(url, method, path, body))
        middle, late = 1000 * statistics.median(seconds), 1000 * statistics.quantiles(seconds, n=20)[-1]
        yield f"| {name} | {len(seconds) / SECONDS:,.0f} | {middle:.1f} | {late:.1f} |"


async def crowd(url: str, method: str, path: str, body: Any) -> Sequence[float]:
    """Seconds of each call."""
    found: list[float] = []
    end = time.perf_counter() + SECONDS

    async def client(http: aiohttp.ClientSession) -> None:
        while (began := time.perf_counter()) < end:
            async with http.request(method, f"{url}{path}", json=body) as answered:
                answered.raise_for_status()
                await answered.read()
            found.append(time.perf_counter() - began)

    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(client(http) for _ in range(CLIENTS)))
    return found


if __name__ == "__main__":
    main()
