"""How fast the Training page is with a project's executions behind it: from an act to painted rows, p50 and p95, in a real browser.

    .venv/bin/python -m bench.studio [--rows 1000000] [--runs 40] [--folder DIR] [--docs]

The project is filled once and kept in `--folder`. Chromium on a real `rvbbit serve` of the same machine; an act is painted in the second
frame after every row in view has its text; before each act a person looks for a second. `--docs` puts the table into `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.store import Place, build
from playwright.sync_api import Page, sync_playwright

from rvbbit import address

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: bench/studio.py -->\n", "<!-- end: bench/studio.py -->\n"
CHROMIUM = os.environ.get("RVBBIT_TEST_BROWSER", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]

# Resolves with the milliseconds from the act until the second frame in which all rows in view have text and the condition holds.
PAINTED = """() => new Promise((resolve, reject) => {
  const began = performance.now();
  const shown = () => {
    const rows = [...document.querySelectorAll('.ag-row')];
    return rows.length > 0 && rows.every((row) => (row.querySelector('[col-id=user_input]')?.textContent ?? ' ').trim() !== '');
  };
  let good = 0;
  const look = () => {
    good = shown() && (HOLDS) ? good + 1 : 0;
    if (good >= 2) resolve(performance.now() - began);
    else if (performance.now() - began > 20_000) reject(new Error('not painted after 20 s'));
    else requestAnimationFrame(look);
  };
  ACT;
  requestAnimationFrame(look);
})"""
LOOK = 1_000  # milliseconds before an act: what the page asks beside its rows is answered
TOTAL = "document.querySelector('main [role=status]')?.textContent.match(/([\\d,]+) execution/)?.[1]"


def main() -> None:
    """Measure, print, and with --docs keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=40, help="of each line")
    parser.add_argument("--folder", type=Path, help="where the project is kept")
    parser.add_argument("--docs", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Place("duckdb", (given.folder or Path(scratch)) / f"duckdb-{given.rows}")
        build(place, given.rows)
        report = "\n".join(measured(place, given.rows, given.runs))
    print(report)
    if given.docs:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}{report}\n{END}{rest.partition(END)[2]}", "utf-8")


def measured(place: Place, rows: int, runs: int) -> Iterator[str]:
    """The table's lines."""
    yield f"Measured {datetime.now(UTC):%Y-%m-%d}: {rows:,} executions, {os.cpu_count()} cores, {runs} runs a line."
    yield ""
    yield "| from the act to painted rows | p50, ms | p95, ms |"
    yield "|---|--:|--:|"
    with serving(place) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        yield line("open the page, nothing cached", [opened(page, url) for _ in range(max(5, runs // 4))])
        for name, act in (("scroll by a page", near), ("scroll to anywhere", far), ("filter", filtered), ("sort", ordered)):
            page.goto(url + "/training")
            painted(page, "0", "true")
            act(page, 0)
            yield line(name, [timed(page, act, run) for run in range(1, runs + 1)])
        browser.close()


def opened(page: Page, url: str) -> float:
    """A first visit: new context, no cache."""
    context = page.context.browser.new_context(viewport={"width": 1440, "height": 900})  # type: ignore[union-attr]
    fresh = context.new_page()
    began = time.perf_counter()
    fresh.goto(url + "/training", wait_until="commit")
    fresh.locator(".ag-row [col-id=user_input]").first.wait_for()
    painted(fresh, "0", "true")
    took = 1_000 * (time.perf_counter() - began)
    context.close()
    return took


def timed(page: Page, act: Callable[[Page, int], float], run: int) -> float:
    page.wait_for_timeout(LOOK)
    return act(page, run)


def near(page: Page, _: int) -> float:
    return moved(page, f"{SCROLLER}.scrollTop += 700")


def far(page: Page, _: int) -> float:
    return moved(page, f"{SCROLLER}.scrollTop = {random.random()} * {SCROLLER}.scrollHeight")


def moved(page: Page, act: str) -> float:
    """Another place of the list; painted when another row is in the middle of the screen."""
    before = page.evaluate(MIDDLE)
    return painted(page, act, f"![undefined, null, {before!r}].includes({MIDDLE})")


def filtered(page: Page, run: int) -> float:
    """Another confidence range by the address, as a link or a saved view does; painted when the count has changed."""
    before = page.evaluate(TOTAL)
    to = f"/training?min_confidence={0.2 + run / 200:.3f}&max_confidence={0.6 + run / 300:.3f}"
    return painted(page, go(to), f"{TOTAL} !== {before!r}")


def ordered(page: Page, run: int) -> float:
    """Another order; painted when the first row is another."""
    before = page.evaluate(FIRST)
    kinds = ("cost", "confidence", "duration_ms", "tokens_in")
    return painted(page, go(f"/training?sort={kinds[run % 4]}&order={'asc' if run % 8 < 4 else 'desc'}"), f"{FIRST} !== {before!r}")


SCROLLER = "document.querySelector('.ag-grid-viewport')"
FIRST = "document.querySelector('.ag-row[row-index=\"0\"]')?.getAttribute('row-id')"


MIDDLE = """[...document.querySelectorAll('.ag-row')].find(
  (row) => row.getBoundingClientRect().top > innerHeight / 2)?.getAttribute('row-index')"""


def go(to: str) -> str:
    return f"history.pushState({{}}, '', {to!r}); dispatchEvent(new PopStateEvent('popstate'))"


def painted(page: Page, act: str, holds: str) -> float:
    """Milliseconds."""
    took: float = page.evaluate(PAINTED.replace("HOLDS", holds).replace("ACT", act))
    return took


def line(name: str, values: list[float]) -> str:
    return f"| {name} | {statistics.median(values):,.0f} | {statistics.quantiles(values, n=20)[-1]:,.0f} |"


@contextmanager
def serving(place: Place) -> Iterator[str]:
    """The address of a server on that store."""
    home = place.folder / "home"
    environment = {**os.environ, "RVBBIT_STORE": str(place.folder / "data" / "store.duckdb"), "RVBBIT_SCORING": "off"}
    command = [str(Path(sys.executable).with_name("rvbbit")), "serve", "--port", "0", "--studio-port", "0"]
    server = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.DEVNULL)
    try:
        while (found := address.find(home)) is None:
            time.sleep(0.1)
        yield found.url
    finally:
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    main()
