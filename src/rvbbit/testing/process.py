"""The fake server in a process of its own, so that a measurement of the client's CPU measures the client alone."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import Self


class FakeProcess:
    """`with FakeProcess("--latency", "0.1") as server:` runs `python -m rvbbit.testing` and serves at `server.base_url`.

    Takes that command's options. It answers by the default rule, or by that of a file: `FakeProcess("--rule", "truth.py")`.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.base_url = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "rvbbit.testing", "--port", "0", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self._process.stdout is not None:
            self.base_url = self._process.stdout.readline().strip()
        if not self.base_url:
            raise RuntimeError(f"the fake server did not start: {' '.join(command)} ended with {self._process.wait()}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def stats(self) -> dict[str, int]:
        """`{"calls", "tokens", "in_flight", "max_in_flight"}` so far."""
        return self._ask("GET", "/_stats")

    def reset(self) -> None:
        """Count from nothing again."""
        self._ask("POST", "/_reset")

    def _ask(self, method: str, path: str) -> dict[str, int]:
        request = urllib.request.Request(self.base_url.removesuffix("/v1") + path, method=method)
        with urllib.request.urlopen(request) as answer:
            found: dict[str, int] = json.loads(answer.read())
        return found
