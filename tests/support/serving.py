"""`rvbbit serve` as its user starts it: a process of its own, on free ports, ended as the test says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

from rvbbit import address

RVBBIT = [sys.executable, "-c", "from rvbbit.cli.main import main; main()"]
PATIENCE = 60.0


class Serving:
    """`with Serving(home) as server:`; `server.http` asks it. `more` are environment variables."""

    def __init__(self, home: Path, *options: str, more: Mapping[str, str] | None = None) -> None:
        self.home = home
        self._options = options
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RVBBIT_")}
        self._env = kept | dict(more or {})
        self._said: dict[str, list[str]] = {"out": [], "errors": []}
        self._readers: list[threading.Thread] = []

    def __enter__(self) -> Self:
        ports = [] if "--port" in self._options else ["--port", "0", "--studio-port", "0"]
        self.process = subprocess.Popen(
            [*RVBBIT, "serve", *ports, *self._options],
            cwd=self.home,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            threading.Thread(target=_drain, args=(pipe, self._said[name]), daemon=True)
            for name, pipe in (("out", self.process.stdout), ("errors", self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()
        deadline = time.monotonic() + PATIENCE
        while (found := address.find(self.home)) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {self.out}{self.errors}")
            time.sleep(0.05)
        self.url, self.pid = found.url, found.pid
        self.http = httpx.Client(base_url=self.url, timeout=60)
        while True:
            try:
                self.http.get("/healthz")
                return self
            except httpx.TransportError:
                time.sleep(0.05)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.stop()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop and wait; its exit code."""
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE)
        for reader in self._readers:
            reader.join(timeout=PATIENCE)
        return self.process.returncode

    @property
    def out(self) -> str:
        """Its standard output so far: all of it, once it stopped."""
        return "".join(self._said["out"])

    @property
    def errors(self) -> str:
        """Its standard error, likewise."""
        return "".join(self._said["errors"])

    def sql(self, text: str, **more: Any) -> httpx.Response:
        """One query."""
        return self.http.post("/api/sql", json={"sql": text, **more})

    def post(self, path: str, **body: Any) -> httpx.Response:
        """A body of JSON."""
        return self.http.post(path, json=body)


def _drain(pipe: IO[str] | None, said: list[str]) -> None:
    """A pipe that nobody empties would hold its writer up at 64 kB."""
    assert pipe is not None
    with pipe:
        said.extend(iter(pipe.readline, ""))


def running(server: Serving) -> int:
    """How many queries run or wait."""
    found = re.search(r"^rvbbit_queries_running (\S+)", server.http.get("/metrics").text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def until(true: Callable[[], Any]) -> None:
    """Return when it is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("it does not come true")
        time.sleep(0.02)


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    """The events of a stream of JSON lines."""
    return [json.loads(line) for line in response.text.splitlines()]
