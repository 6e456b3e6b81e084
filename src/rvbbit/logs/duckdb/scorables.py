"""`ScoreStore` over one connection: what is to be scored, with everything that scorers look at. It scores nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rvbbit.interfaces import Due
from rvbbit.logs import values
from rvbbit.logs.duckdb import scores
from rvbbit.logs.duckdb.conditions import Parameters
from rvbbit.logs.duckdb.connection import Connection
from rvbbit.types import CellKey, Scorable, Score, Waiting


class Scorables:
    """`caught_up` makes the projection say what the log says; `write` appends scores."""

    def __init__(self, connection: Connection, caught_up: Callable[[], object], write: Callable[[Sequence[Score]], None]) -> None:
        self._connection = connection
        self._caught_up = caught_up
        self._write = write

    def cells(self) -> Mapping[CellKey, int]:
        """Every cell that has executions, the busiest first, with how many a person verified."""
        self._caught_up()
        rows = self._connection.read("count executions", scores.CELLS, {})
        return {CellKey(row["cascade_id"], row["cell_name"]): row["verified"] for row in rows}

    def waiting(self, cell: CellKey, due: Due, most: int) -> Waiting:
        """What is due, and what of it the judge has not seen, at most `most` characters each; 0 reads no text."""
        self._caught_up()
        given = {**_named(cell), **scores.due(due), **({"most": most} if most else {})}
        return Waiting(**self._connection.read("count executions", scores.waiting(most > 0), given)[0])

    def unscored(self, cell: CellKey, due: Due, limit: int) -> Sequence[Scorable]:
        """The newest executions that are due."""
        return self._found(scores.UNSCORED, {**_named(cell), **scores.due(due), "limit": limit})

    def verified(self, cell: CellKey, limit: int) -> Sequence[Scorable]:
        """The newest executions that a person verified."""
        return self._found(scores.VERIFIED, {**_named(cell), "limit": limit})

    def record(self, given: Sequence[Score]) -> None:
        """Append scores in one commit; on disk when it returns."""
        self._write(given)

    def _found(self, query: str, given: Parameters) -> list[Scorable]:
        """The executions whose ids a query gives, in its order."""
        self._caught_up()
        ids = [row["trace_id"] for row in self._connection.read("list executions", query, given)]
        given_scores = self._connection.read("read scores", scores.CURRENT, {}, ids)
        return values.scorables(ids, given_scores, self._connection.read("read executions", scores.SCORABLE, {}, ids))


def _named(cell: CellKey) -> Parameters:
    return {"cascade_id": cell.cascade_id, "cell_name": cell.cell_name}
