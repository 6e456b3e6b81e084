"""What packing saves on W1, and what finding the size costs: `python bench/packing.py` prints the table of docs/packing.md.

The model is the fake server in this process; requests and tokens are counted, nothing is timed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
from scenarios import BY_NAME, tickets

import rvbbit
from rvbbit.testing import FakeServer

W1 = BY_NAME["W1"]
OTHER = W1.sql.replace("the customer has lost a card", "the customer wants money back")
MODES = ("off", "8", "16", "32", "64", "auto")


def run(server: FakeServer, pack: str) -> list[list[str]]:
    """A row of the table for a mode; two for `auto`: the query that measures, and the next one, of another criterion."""
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, model="openai:fake") as db:
        file = Path(home) / "tickets.parquet"
        pq.write_table(tickets(W1), file)
        db.sql(f"CREATE TABLE tickets AS SELECT * FROM '{file}'")
        db.sql("SELECT 'hello' MEANS 'a greeting'")
        rows = []
        for named, sql in [(pack, W1.sql), *([("auto, the next query", OTHER)] if pack == "auto" else [])]:
            server.reset()
            result = db.sql(f"-- @@ pack: {pack}\n{sql}")
            alone = sorted(db.sql(f"-- @@ pack: off\n{sql}").fetchall()) if pack != "off" else sorted(result.fetchall())
            usage = result.usage
            same = "yes" if sorted(result.fetchall()) == alone else "no"
            rows.append([named, f"{usage.calls:,}", f"{usage.tokens_in:,}", f"{usage.tokens_out:,}", same])
        return rows


def main() -> None:
    """Prints the table."""
    print("| `pack:` | requests | tokens in | tokens out | rows as alone |\n|---|--:|--:|--:|---|")
    with FakeServer() as server:
        os.environ["OPENAI_BASE_URL"] = server.base_url
        for pack in MODES:
            for row in run(server, pack):
                print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
