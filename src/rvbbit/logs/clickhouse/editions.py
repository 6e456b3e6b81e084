"""Editions: the narrow rows of all executions as they were at a moment, kept on the server so that lists need not work them out.

An edition says what the facts up to a number of the server's say, and how many those are. Every read counts them first, without reading
them: are they the same still, it takes the edition, with the executions that something landed for since worked out beside it. Where they
are not (somebody deleted, or a row became visible late), or much landed, it reads the facts. So an edition may be missing or late and is
never wrong; any server may make one at any time, and nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa

from rvbbit.errors import DatabaseError
from rvbbit.logs.clickhouse.connection import Connection
from rvbbit.logs.clickhouse.executions import COLUMNS, FACTS, MADE_OF_GIVEN, OF_GIVEN, SCHEMA, Source, made, of_edition
from rvbbit.logs.clickhouse.extents import EXTENT
from rvbbit.logs.clickhouse.tables import TEACHES

LEAST = 2_000  # facts that landed since: fewer are not worth an edition
MOST_BESIDE = 10_000  # facts whose executions are worked out beside an edition by each read
MOST_REPLACED = 200_000  # facts whose executions are replaced in the next edition; where there are more, it is made anew
LATE = 2.0  # seconds in which a row that has its number becomes visible; where it takes longer, the count tells
REST, SHARE, REFUSED = 5.0, 10, 600.0  # seconds between two editions, at least so many times what one takes; and after a refusal

_NUMBERS = {"unified_logs": "landed", "training_annotations": "seq", "scores": "seq"}
_BEYOND = "SELECT *, (SELECT toInt64(count()) FROM {table} WHERE {number} > {{upto:Int64}}) AS beyond FROM ({extent})"
_LOOK = " UNION ALL ".join(
    [_BEYOND.format(table=table, number=number, extent=EXTENT.format(table=table)) for table, number in _NUMBERS.items()]
    + [
        """SELECT 'kept_executions', toInt64(count()), (SELECT max(number) FROM editions), 0
        FROM kept_executions WHERE edition = {number:Int64}"""
    ]
)
_TOUCHED = """
SELECT trace_id FROM unified_logs WHERE landed > {upto:Int64}
UNION DISTINCT SELECT trace_id FROM training_annotations WHERE seq > {upto:Int64}
UNION DISTINCT SELECT trace_id FROM scores WHERE seq > {upto:Int64} AND scorer = 'confidence'"""
_FRESH = f"SELECT {COLUMNS}, landed <= {{upto:Int64}} AS known FROM {MADE_OF_GIVEN}"

_OF_THEN = "landed <= {upto:Int64}"
_AGAIN = f"""
SELECT {COLUMNS} FROM kept_executions WHERE edition = {{old:Int64}} AND NOT {OF_GIVEN}
UNION ALL SELECT {COLUMNS} FROM {made(f"{_OF_THEN} AND {OF_GIVEN}", OF_GIVEN)}"""
_ANEW = f"SELECT {COLUMNS} FROM {made(_OF_THEN)}"
_MAKE = """
INSERT INTO kept_executions (edition, {columns}) SETTINGS min_insert_block_size_rows = 1000000, max_insert_block_size = 1000000
SELECT {{number:Int64}}, {columns} FROM ({rows})"""
_THERE = f"""
SELECT
    (SELECT toInt64(count()) FROM kept_executions WHERE edition = {{number:Int64}}) AS kept,
    (SELECT toInt64(count()) FROM unified_logs WHERE {TEACHES} AND {_OF_THEN}) AS there"""
_NAME = """
INSERT INTO editions
SELECT {number:Int64}, {upto:Int64}, {executions:Int64}, {facts:Array(Int64)}, {altered:Array(Int64)}, now64(6, 'UTC')"""

# Whoever reads an edition saw a moment ago that it was the newest.
_PAST = """
SELECT DISTINCT edition FROM kept_executions
WHERE edition < (SELECT max(number) FROM editions WHERE timestamp < now64(6, 'UTC') - INTERVAL 60 SECOND)"""

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """Of each table of facts: rows up to a number, the newest deletion, rows behind. `executions` of one edition; `newest` of all."""

    facts: tuple[int, ...]
    altered: tuple[int, ...]
    beyond: tuple[int, ...]
    executions: int
    newest: int


@dataclass(frozen=True, slots=True)
class Edition:
    """What the facts up to the number `upto` say: so many `executions`. `number` 0 is none."""

    number: int = 0
    upto: int = 0
    executions: int = 0
    facts: tuple[int, ...] = ()
    altered: tuple[int, ...] = ()

    def holds(self, seen: Seen) -> bool:
        """Whether it was made of the facts that are there."""
        return (self.facts, self.altered, self.executions) == (seen.facts, seen.altered, seen.executions)


class Editions:
    """The newest edition of a database, and the thread that makes the next. Any thread may ask. Raises DatabaseError."""

    def __init__(self, connection: Connection, least: int = LEAST) -> None:
        self._connection = connection
        self._least = least
        self._edition = Edition()
        self._beside: tuple[object, Source] = (None, FACTS)
        self._last = self._steady = FACTS
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._next = float("-inf")

    def source(self) -> Source:
        """What a list reads now. Has the next edition begun where much landed since the last."""
        edition, seen = self._newest()
        waiting = sum(seen.beyond) if edition else sum(seen.facts) + sum(seen.beyond)
        if waiting >= self._least:
            self._begin()
        now = self._with(edition, seen.beyond) if edition and waiting <= MOST_BESIDE else FACTS
        self._steady, self._last = now if now is self._last else FACTS, now
        return now

    def read(self, work: Callable[[Source], T]) -> T:
        """What `work` reads of what a list reads now.

        Where that was the same the last two times, it begins before it is known whether it is so still; where it is not, it is done again.
        """
        before = self._steady
        if before is FACTS:
            return work(self.source())
        looked = self._connection.begin(self.source)
        found = work(before)
        now = looked.result()
        return found if now is before else work(now)

    def keep(self, late: float = LATE) -> bool:
        """Make an edition, and wait for it; False where facts came or went under it. `late`: seconds whose facts are left to the next."""
        now = self._snowflake() - (int(late * 1_000) << 22)
        edition, seen = self._newest()
        upto, number = max(now, edition.upto if edition else 0), self._snowflake()
        before = self._look(number, upto)
        given = {"upto": upto, "number": number}
        again = edition is not None and sum(seen.beyond) <= MOST_REPLACED
        ids = self._touched(edition) if edition and again else []
        old = {"old": edition.number} if edition else {}
        self._command(_MAKE.format(columns=COLUMNS, rows=_AGAIN if again else _ANEW), {**given, **old}, ids)
        after = self._look(number, upto)
        there = self._rows(_THERE, given)[0]
        if (before.facts, before.altered) != (after.facts, after.altered) or there["kept"] != there["there"]:
            self._drop(number)
            return False
        held = {"executions": there["kept"], "facts": list(after.facts), "altered": list(after.altered)}
        self._command(_NAME, given | held)
        for row in self._rows(_PAST):
            self._drop(row["edition"])
        return True

    def settled(self) -> None:
        """Wait for the edition that is being made, if one is."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _newest(self) -> tuple[Edition | None, Seen]:
        """The newest edition, None where it does not hold. Counts are not of one moment: a mismatch is looked at again."""
        for _ in range(3):
            edition = self._edition
            seen = self._look(edition.number, edition.upto)
            if seen.newest != edition.number:
                self._edition = self._read(seen.newest)
            elif not edition.number or edition.holds(seen):
                break
        return (edition if edition.number and edition.holds(seen) else None), seen

    def _look(self, number: int, upto: int) -> Seen:
        rows = {row.pop("table"): row for row in self._rows(_LOOK, {"number": number, "upto": upto})}
        facts = [rows[table] for table in _NUMBERS]
        return Seen(
            tuple(row["rows"] - row["beyond"] for row in facts),
            tuple(row["altered"] for row in facts),
            tuple(row["beyond"] for row in facts),
            rows["kept_executions"]["rows"],
            rows["kept_executions"]["altered"],
        )

    def _read(self, number: int) -> Edition:
        row = self._rows("SELECT * EXCEPT timestamp FROM editions WHERE number = {number:Int64} LIMIT 1", {"number": number})[0]
        return Edition(**{**row, "facts": tuple(row["facts"]), "altered": tuple(row["altered"])})

    def _with(self, edition: Edition, beyond: tuple[int, ...]) -> Source:
        """The edition and what changed since; the same as before where nothing more landed."""
        known, source = self._beside
        if known != (edition.number, beyond):
            fresh, replaces = self._fresh(edition) if any(beyond) else (SCHEMA.empty_table(), False)
            source = of_edition(edition.number, fresh, replaces)
            self._beside = ((edition.number, beyond), source)
        return source

    def _fresh(self, edition: Edition) -> tuple[pa.Table, bool]:
        """Rows of the executions that something landed for since, as the facts say; and whether the edition has some of them."""
        rows = self._connection.read("list executions", _FRESH, {"upto": edition.upto}, self._touched(edition))
        replaces = any(rows.column("known").to_pylist())
        return rows.drop_columns(["known"]).cast(SCHEMA), replaces

    def _touched(self, edition: Edition) -> list[str]:
        return [row["trace_id"] for row in self._rows(_TOUCHED, {"upto": edition.upto})]

    def _snowflake(self) -> int:
        return int(self._rows("SELECT toInt64(generateSnowflakeID()) AS now")[0]["now"])

    def _begin(self) -> None:
        with self._starting:
            if time.monotonic() >= self._next and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="rvbbit-editions", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        """Lists are right without an edition: a failure is told to whoever reads the program's own log."""
        began = time.monotonic()
        try:
            self.keep()
            self._next = time.monotonic() + max(REST, SHARE * (time.monotonic() - began))
        except DatabaseError as error:
            self._next = time.monotonic() + REFUSED
            _log.warning("no edition of the executions was made, lists stay slow: %s", error)

    def _drop(self, number: int) -> None:
        self._command(f"ALTER TABLE kept_executions DROP PARTITION {number:d}", {})

    def _command(self, statement: str, values: dict[str, Any], ids: list[str] | None = None) -> None:
        self._connection.command("keep an edition", statement, values, ids)

    def _rows(self, query: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return self._connection.rows("look for an edition", query, values or {})
