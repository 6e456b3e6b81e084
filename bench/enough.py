"""What statements spare that only ask whether there are enough rows: calls of each, beside the 700 that its rows are.

700 texts of which every second passes. Run: `python -m bench.enough`.
"""

from __future__ import annotations

import os
import tempfile

import rvbbit
from rvbbit.testing import FakeServer, question

ROWS = """CREATE TABLE many AS SELECT range AS id, range % 7 AS grp,
 CASE WHEN range % 2 = 0 THEN 'card ' ELSE 'rate ' END || range AS text FROM range(700)"""
MET = "FROM many WHERE text MEANS 'a card'"
STATEMENTS = {
    "`(SELECT count(*) …) > 9`": f"SELECT (SELECT count(*) {MET}) > 9",
    "`(SELECT count(*) …) > 690`": f"SELECT (SELECT count(*) {MET}) > 690",
    "`GROUP BY grp HAVING count(*) >= 3`, 7 groups": f"SELECT grp {MET} GROUP BY grp HAVING count(*) >= 3",
    "`x IN (SELECT grp …)`": f"SELECT r FROM range(7) t(r) WHERE r IN (SELECT grp {MET})",
    "`x = ANY (SELECT grp …)`": f"SELECT r FROM range(7) t(r) WHERE r = ANY (SELECT grp {MET})",
    "`SELECT DISTINCT grp`": f"SELECT DISTINCT grp {MET}",
}


def main() -> None:
    """Print the table."""
    print("| | `rounds: few` | `rounds: many` |\n|---|---|---|")
    with FakeServer(lambda body: "card" in question(body)) as server:
        os.environ.update(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY="none")
        for name, statement in STATEMENTS.items():
            print(f"| {name} | {_calls(server, statement, 'few')} | {_calls(server, statement, 'many')} |")


def _calls(server: FakeServer, statement: str, rounds: str) -> int:
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, store=":memory:", model="openai:fake") as db:
        db.sql(ROWS)
        server.reset()
        db.sql(f"-- @@ rounds: {rounds}\n{statement}")
        return int(server.calls)


if __name__ == "__main__":
    main()
