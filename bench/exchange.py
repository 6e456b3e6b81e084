"""How long 27,365 real prompts and answers take to come in and go out, and what memory that needs. Asks the product, tunes nothing.

    .venv/bin/python -m bench.exchange [--data DIR] [--times N] [--docs]

`--times` imports that many copies under other ids, to show that memory does not grow with the file; `--docs` puts the table into
`docs/exchange.md`. Reads `../shared/data/llm_logs`; `--data` names another folder of files that can be imported.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rvbbit

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "exchange.md"
BEGIN, END = "<!-- measured: bench/exchange.py -->\n", "<!-- end -->\n"
FORMATS = ("jsonl", "csv", "parquet", "openai")


def timed(what: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    done = what()
    return time.perf_counter() - began, done


def peak() -> int:
    """Of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def line(name: str, rows: int, seconds: float) -> str:
    return f"| {name} | {rows:,} | {seconds:.1f} | {rows / seconds:,.0f} | {peak()} |"


def copies(exported: Path, times: int, to: Path) -> None:
    """The same executions under other ids."""
    with to.open("w", encoding="utf-8") as out:
        for number in range(times):
            for row in exported.open(encoding="utf-8"):
                record = json.loads(row)
                record["trace_id"] = f"{record['trace_id']}-{number}"
                out.write(json.dumps(record) + "\n")


def measured(data: Path, times: int) -> list[str]:
    lines = ["| what | executions | seconds | a second | peak memory so far, MB |", "|---|---:|---:|---:|---:|"]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with rvbbit.connect(home) as db:
            seconds, report = timed(lambda: db.training.import_(data))
            rows: int = report.added  # type: ignore[attr-defined]
            lines.append(line("import, Parquet", rows, seconds))
            lines.append(line("the same again: nothing new", rows, timed(lambda: db.training.import_(data))[0]))
            for format in FORMATS:
                target = home / f"{format}.{format}"
                seconds, _ = timed(lambda to=target, kind=format: db.training.export(to, format=kind))  # type: ignore[misc]
                lines.append(line(f"export, {format}", rows, seconds))
        for format in FORMATS[:3]:
            with rvbbit.connect(store=":memory:", home=home, database=":memory:") as db:
                seconds, _ = timed(lambda source=home / f"{format}.{format}": db.training.import_(source))  # type: ignore[misc]
                lines.append(line(f"import of that export, {format} (store in memory)", rows, seconds))
        if times:
            copies(home / "jsonl.jsonl", times, home / "copies.jsonl")
            with rvbbit.connect(home) as db:
                seconds, _ = timed(lambda: db.training.import_(home / "copies.jsonl"))
                size = (home / "copies.jsonl").stat().st_size >> 20
                lines.append(line(f"import, {size:,} MB of JSON Lines", rows * times, seconds))
                seconds, _ = timed(lambda: db.training.export(home / "all.jsonl"))
                lines.append(line("export of all, JSON Lines", rows * (times + 1), seconds))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "llm_logs")
    parser.add_argument("--times", type=int, default=0)
    parser.add_argument("--docs", action="store_true")
    arguments = parser.parse_args()
    table = "\n".join(measured(arguments.data, arguments.times))
    print(table)
    if arguments.docs:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
