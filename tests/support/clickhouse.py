"""chdb behind an HTTP shim, not clickhouse-server: the real engine of ClickHouse in a process of its own, spoken to as the server is.

It answers `GET /ping` and the queries of the HTTP interface: SQL in the body or as `query=`, `param_*`, settings, a database, external
tables, inserts with their data behind FORMAT, compressed bodies, HTTP basic authentication, and errors as the server words them. Every
request has an engine session of its own. What it does not have: users and rights (`reader` may only read, by a rule of the shim), TLS,
replicas, progress headers, results in pieces.

    with Shim(folder) as shim:
        shim.url("name")   # clickhouse://default@127.0.0.1:<port>/name
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

USERS = {"default": "", "rvbbit": "s3cret:/?#", "reader": "reads"}
_DATA = re.compile(rb"^\s*(INSERT\s+INTO\s.*?)\sFORMAT\s+(\w+)[ \t]*(?:\r?\n|$)", re.DOTALL | re.IGNORECASE)
_READS = re.compile(r"\s*(SELECT|WITH|SHOW|DESCRIBE|EXISTS|EXPLAIN)\b", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")
_OF_HTTP = {
    "query", "database", "query_id", "wait_end_of_query", "enable_http_compression", "send_progress_in_http_headers", "session_id",
    "http_headers_progress_interval_ms", "client_protocol_version", "cancel_http_readonly_queries_on_client_close", "default_format",
    "user", "password", "buffer_size", "compress", "decompress",
}  # fmt: skip
_STATUS = {"516": 403, "497": 403, "60": 404, "81": 404, "159": 408, "62": 400, "47": 400, "457": 400}


class Shim:
    """The process, started and stopped from a test. `folder` keeps the data: a shim started on it again has what was acknowledged."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, __file__, str(self._folder), str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the shim did not start: it ended with {self._process.wait()}")
        self.port = int(line)
        return self

    def __exit__(self, *_: object) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`, as a machine that goes down."""
        self._end(signal.SIGKILL)

    def url(self, database: str = "rvbbit", user: str = "default", password: str = "") -> str:
        who = f"{user}:{password}" if password else user
        return f"clickhouse://{who}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


class _Refused(Exception):
    """What the engine or the shim says no to; its text starts `Code: N.` as the server's does."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._reply(200, b"Ok.\n", {})
        else:
            self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def _answer(self, body: bytes) -> None:
        values = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True, encoding="utf-8"))
        headers = {"X-ClickHouse-Query-Id": values.get("query_id") or str(uuid.uuid4()), "X-ClickHouse-Timezone": "UTC"}
        try:
            user = self._user()
            external, body = _parts(self.headers.get("Content-Type", ""), body, values)
            statement = values.get("query", "").encode() + (b"\n" if "query" in values and body else b"") + body
            if user == "reader" and not _READS.match(statement[:4096].decode("utf-8", "replace")):
                raise _Refused(f"Code: 497. DB::Exception: {user}: Not enough privileges. (ACCESS_DENIED) (version 26.9.2.1)")
            written, found = self.server.run(statement, values, external)
        except _Refused as error:
            code = (_CODE.match(str(error)) or [None, "1001"])[1]
            self._reply(_STATUS.get(str(code), 500), f"{error}\n".encode(), {**headers, "X-ClickHouse-Exception-Code": str(code)})
            return
        headers["X-ClickHouse-Summary"] = json.dumps({"written_rows": str(written)})
        self._reply(200, found, headers)

    def _user(self) -> str:
        given = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        user, _, password = given.partition(":") if given else ("default", "", "")
        if USERS.get(user) != password:
            raise _Refused(f"Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)")
        return user

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(pieces)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 1_024:
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is its own."""


def _parts(kind: str, body: bytes, values: dict[str, str]) -> tuple[list[tuple[str, bytes, str, str]], bytes]:
    """External tables (name, data, format, structure) of a multipart body, and what is left of it; fields become values."""
    if not kind.startswith("multipart/form-data"):
        return [], body
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    tables = []
    for part in message.get_payload():
        name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]
        data = part.get_payload(decode=True)  # type: ignore[union-attr]
        assert isinstance(data, bytes)
        if part.get_filename() is None:  # type: ignore[union-attr]
            values[name] = data.decode()
        else:
            tables.append((name, data, values.pop(f"{name}_format", "TabSeparated"), values.pop(f"{name}_structure")))
    return tables, b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: str, port: int) -> None:
        from chdb.session import Session  # a second to load, and only in this process

        super().__init__(("127.0.0.1", port), _Handler)
        self._open = lambda: Session(folder)
        self._root = self._open()  # keeps the engine running between requests

    def run(self, statement: bytes, values: dict[str, str], external: list[tuple[str, bytes, str, str]]) -> tuple[int, bytes]:
        """Rows written, and the result's bytes. Raises _Refused."""
        try:
            with self._open() as session:
                if values.get("database"):
                    session.query(f"USE {_quoted(values['database'])}")
                for name, value in values.items():
                    if name not in _OF_HTTP and not name.startswith("param_"):
                        session.query(f"SET {name} = {_text(value)}")
                for name, data, form, structure in external:
                    session.query(f"CREATE TEMPORARY TABLE {name} ({structure}) ENGINE = Memory")
                    _insert(session, f"INSERT INTO {name}".encode(), data, form)
                if data_of := _DATA.match(statement):
                    return _insert(session, data_of[1], statement[data_of.end() :], data_of[2].decode()), b""
                given = {name.removeprefix("param_"): value for name, value in values.items() if name.startswith("param_")}
                result = session.query(statement.decode(), values.get("default_format", "TabSeparated"), params=given)
                return result.rows_written(), bytes(result.bytes() or b"")
        except RuntimeError as error:
            raise _Refused(_worded(error)) from error
        except Exception as error:
            if "Code: " not in str(error):
                raise
            raise _Refused(_worded(error)) from error


def _insert(session: Any, into: bytes, data: bytes, form: str) -> int:
    if not data:
        return 0
    with session.send_insert(into.decode(), form) as insert:
        insert.append(data)
        return int(insert.finish().rows_written)


def _worded(error: Exception) -> str:
    text = str(error)
    place = text.find("Code: ")
    return f"{text[place:] if place >= 0 else f'Code: 1001. DB::Exception: {text}'} (version 26.9.2.1)"


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main(folder: str, port: str) -> None:
    """Serve until SIGTERM; the port is the first line of output."""
    server = _Server(folder, int(port))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(server.server_port, flush=True)
    try:
        server.serve_forever(poll_interval=0.05)
    finally:
        os._exit(0)  # what was answered is on disk; the engine's own way out complains


if __name__ == "__main__":
    main(*sys.argv[1:])
