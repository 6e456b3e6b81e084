"""A connection to a ClickHouse server, from `clickhouse://user:password@host:port/database`: statements with parameters, inserts as Arrow.

`clickhouses://` or `?secure=1` is TLS. Any thread may use it. Values travel as the server's own parameters, lists of ids as a table beside
the query, never in its text. A result that is given out as read was acknowledged by the server before.
"""

from __future__ import annotations

import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.external import ExternalData

from rvbbit.errors import DatabaseError, SettingsError
from rvbbit.logs.clickhouse.failures import REFUSALS, database_error

T = TypeVar("T")
Parameters: TypeAlias = Mapping[str, Any]
NOTHING: Parameters = MappingProxyType({})

CONNECTING = 5  # seconds: a server that is there answers at once
AT_ONCE = 8  # questions of all threads that wait for the server while whoever asks goes on
ANSWERING = 60  # seconds of silence: a server at work sends progress more often
_ONE_BLOCK = {"min_insert_block_size_rows": 1_000_000_000, "min_insert_block_size_bytes": 0, "max_insert_threads": 1}
_WRITING = {"async_insert": 0, "insert_deduplicate": 1, "max_insert_block_size": 1_000_000_000, **_ONE_BLOCK}
_READING = {"output_format_arrow_string_as_string": 1, "join_use_nulls": 0, "max_query_size": 1_000_000}

_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)  # what a DateTime64 can hold

logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())  # what it warns of, we raise


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a server is and who asks."""

    host: str
    port: int
    user: str
    password: str
    database: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises SettingsError; the message never holds the password."""
        parts = urlsplit(url)
        secure = parts.scheme == "clickhouses" or parse_qs(parts.query).get("secure", ["0"])[-1] in {"1", "true"}
        database = unquote(parts.path.strip("/")) or "rvbbit"
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", database):
            raise SettingsError(
                "store: the database's name is letters, digits, _ and -", hint="clickhouse://user:password@host:port/rvbbit"
            )
        port = parts.port or (8443 if secure else 8123)
        return cls(
            parts.hostname or "localhost", port, unquote(parts.username or "default"), unquote(parts.password or ""), database, secure
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Address({self.user}@{self.host}:{self.port}/{self.database})"


@dataclass(frozen=True, slots=True)
class Beside:
    """A table that goes with a query. `structure`: its columns with ClickHouse's types; `data`: its rows as Arrow writes a file."""

    name: str
    structure: str
    data: bytes

    @classmethod
    def of(cls, name: str, structure: str, rows: pa.Table) -> Beside:
        return cls(name, structure, _arrow(rows))


class Connection:
    """One database of a server. Raises DatabaseError, StoreUnreachable, DiskFull, whatever it is asked."""

    def __init__(self, url: str) -> None:
        self.address = Address.of(url)
        self._closed = threading.Event()
        self._beside = ThreadPoolExecutor(AT_ONCE, "rvbbit-clickhouse")
        with self._refused("open the store"):
            self._client = _client(self.address)

    @property
    def version(self) -> str:
        """The server's own."""
        return str(self._client.server_version)

    def read(
        self, doing: str, query: str, values: Parameters = NOTHING, ids: Sequence[str] | None = None, beside: Beside | None = None
    ) -> pa.Table:
        """The rows of a query. `{name:Type}` in it are `values`; `ids` are what it calls table `given`, of column `id`."""
        with self._refused(doing):
            return self._client.query_arrow(query, _bound(values), settings=_READING, external_data=_external(ids, beside))

    def rows(
        self, doing: str, query: str, values: Parameters = NOTHING, ids: Sequence[str] | None = None, beside: Beside | None = None
    ) -> list[dict[str, Any]]:
        """The rows of a query as dictionaries."""
        rows: list[dict[str, Any]] = self.read(doing, query, values, ids, beside).to_pylist()
        return rows

    def begin(self, ask: Callable[[], T]) -> Future[T]:
        """Ask what nothing waits for yet, in a thread beside. `ask` may not begin anything itself, or the last of them waits for ever."""
        try:
            return self._beside.submit(ask)
        except RuntimeError as error:  # shut down
            raise _was_closed("ask the store") from error

    def insert(self, doing: str, table: str, rows: pa.Table) -> None:
        """Append rows as one block, all or none; on the server's disk when it returns. Sent twice by the driver, they are there once."""
        with self._refused(doing):
            self._client.insert_arrow(table, rows, settings=_WRITING | {"insert_deduplication_token": uuid.uuid4().hex})

    def command(
        self, doing: str, statement: str, values: Parameters = NOTHING, ids: Sequence[str] | None = None, *, within: bool = True
    ) -> int:
        """Run what gives no rows; how many it wrote. `within` False: not in the store's own database, which need not be there yet."""
        with self._refused(doing):
            settings = _WRITING | {"insert_deduplication_token": uuid.uuid4().hex} if statement.lstrip().startswith("INSERT") else None
            external = _external(ids, None)
            done = self._client.command(statement, _bound(values), settings=settings, use_database=within, external_data=external)
        summary = getattr(done, "written_rows", 0)
        return int(summary)

    def enter(self) -> None:
        """From here on, what names no database means the store's."""
        self._client.database = self.address.database

    def close(self) -> None:
        """Later use is refused. Safe to call twice."""
        self._closed.set()
        self._beside.shutdown()
        self._client.close()

    @contextmanager
    def _refused(self, doing: str) -> Iterator[None]:
        if self._closed.is_set():
            raise _was_closed(doing)
        try:
            yield
        except REFUSALS as error:
            raise database_error(error, doing, str(self.address), self.address.database) from error


def _was_closed(doing: str) -> DatabaseError:
    return DatabaseError(f"could not {doing}: the store was closed", hint="connect again")


def _client(address: Address) -> Client:
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port,
        username=address.user,
        password=address.password,
        secure=address.secure,
        connect_timeout=CONNECTING,
        send_receive_timeout=ANSWERING,
        autogenerate_session_id=False,  # threads share it
        query_retries=1,
        client_name="rvbbit",
    )


def _bound(values: Parameters) -> dict[str, Any] | None:
    """Parameters as the driver takes them; None where there is none."""
    return {name: _plain(value) for name, value in values.items()} or None


def _plain(value: Any) -> Any:
    """Times as text to the microsecond, UTC, within what a column can hold; text as UTF-8 can hold it."""
    if isinstance(value, datetime):
        known = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        held = _FIRST if known < _FIRST else _LAST if known > _LAST else known.astimezone(UTC)
        return held.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def _external(ids: Sequence[str] | None, beside: Beside | None) -> ExternalData | None:
    tables = [] if ids is None else [Beside("given", "id String", _arrow(pa.table({"id": pa.array(_plain(ids), pa.string())})))]
    tables += [] if beside is None else [beside]
    if not tables:
        return None
    external = ExternalData()
    for one in tables:
        external.add_file(file_name=one.name, data=one.data, fmt="Arrow", structure=one.structure)
    return external


def _arrow(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    data: bytes = sink.getvalue().to_pybytes()
    return data
