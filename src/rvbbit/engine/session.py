"""One user's conversation with a project: a connection of its own, its transaction, the query that runs now."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Unpack

import pyarrow as pa

from rvbbit.engine.own_functions import OwnFunctions
from rvbbit.engine.query import Options, Query
from rvbbit.engine.rooms import Rooms
from rvbbit.engine.statements import Statements
from rvbbit.engine.students import verified
from rvbbit.errors import Cancelled, Error, UsageError
from rvbbit.execution.database import NOTHING, Parameters
from rvbbit.logs.schema import QueryRecord
from rvbbit.result import Result
from rvbbit.sql.statements import Statement, split
from rvbbit.types import Notice


class Session:
    """Runs scripts, one at a time: a second thread waits its turn. `id` groups what it did in the log."""

    def __init__(self, rooms: Rooms, id_: str | None = None) -> None:
        self.id = id_ or uuid.uuid4().hex
        self._rooms = rooms
        self._connection = rooms.duck.cursor()
        self._own = OwnFunctions(self._connection, rooms.functions_changed)
        self._statements = Statements(
            self._connection,
            rooms.grammar,
            rooms.aggregates,
            self._own.beside,
            rooms.show,
            at_once=rooms.settings.concurrency,
            searching=rooms.searching,
            ways=rooms.alternatives.ways,
            accuracy=rooms.settings.accuracy,
            broken=rooms.catalog.broken,
        )
        self._statements.verified = lambda operator: verified(rooms.store, operator, rooms.catalog.find)
        self._turn = threading.RLock()
        self._running: Query | None = None
        self._told: set[str] = set()

    def script(self, text: str, params: Parameters = None, **options: Unpack[Options]) -> Iterator[Result]:
        """The result of each statement as it is done. Raises our errors; statements before the failing one have happened."""
        statements = list(split(text))
        if params and len(statements) > 1:
            raise UsageError(
                f"parameters for a script of {len(statements)} statements", hint="run the statement that takes them on its own"
            )
        for place, statement in enumerate(statements, start=1):
            own = options if place == len(statements) else Options(**{**options, "id": uuid.uuid4().hex})
            yield self._one(statement, params, own)

    def sql(self, text: str, params: Parameters = None, **options: Unpack[Options]) -> Result:
        """The result of the last statement; an empty one where there is none."""
        last = Result(NOTHING)
        for result in self.script(text, params, **options):
            last = result
        return last

    def explain(self, text: str, params: Parameters = None, *, model: str | None = None) -> Result:
        """The plan of the one statement in `text`. Raises UsageError where there are more."""
        statements = list(split(text))
        if len(statements) != 1:
            raise UsageError(f"{len(statements)} statements to explain", hint="explain one at a time")
        with self._turn:
            query = self._rooms.query(self.id, {"model": model})
            self._own.statement = statements[0]
            table = self._statements.explain(statements[0], params, query)
            self._say_own(query)
            return Result(table, query_id=query.id, notices=tuple(query.notices), plan=query.plan)

    def cancel(self) -> None:
        """Stop what runs now, from any thread; it raises Cancelled. Nothing happens where nothing runs."""
        if (running := self._running) is not None:
            running.stop.set()
            self._connection.interrupt()

    def close(self) -> None:
        """Give the connection back. An open transaction is rolled back."""
        self._connection.close()

    def _one(self, statement: Statement, params: Parameters, options: Options) -> Result:
        with self._turn, self._rooms.activity.query():
            query = self._rooms.query(self.id, options)
            self._say_problems(query)
            self._running = query
            started = datetime.now(UTC)
            try:
                if query.stop.is_set():
                    raise Cancelled("the query was cancelled", hint="what was answered is kept: run the query again to resume")
                self._own.statement = statement
                table = self._statements.run(statement, params, query)
                self._own.ran(statement)
                self._say_own(query)
            except Error as error:
                self._record(statement, query, started, None, error)
                raise
            finally:
                self._running = None
                query.flush()
            self._record(statement, query, started, table, None)
            return Result(table, query_id=query.id, usage=query.usage(), notices=tuple(query.notices), plan=query.plan)

    def _say_problems(self, query: Query) -> None:
        """Broken operator files, each once a session."""
        for problem in self._rooms.catalog.problems():
            if problem not in self._told:
                self._told.add(problem)
                query.say(Notice(f"an operator file is left out: {problem}", "warning"))

    def _say_own(self, query: Query) -> None:
        """Calls that were a function of the user's own."""
        for notice in self._own.notices(self._rooms.grammar()):
            query.say(notice)

    def _record(self, statement: Statement, query: Query, started: datetime, table: pa.Table | None, error: Error | None) -> None:
        usage = query.usage()
        if query.took:
            self._rooms.store.record_query(
                QueryRecord(
                    query_id=query.id,
                    session_id=self.id,
                    timestamp=started,
                    sql=statement.text,
                    rows=None if table is None else table.num_rows,
                    usage=usage,
                    error=None if error is None else error.message,
                    error_code=None if error is None else error.code,
                )
            )
