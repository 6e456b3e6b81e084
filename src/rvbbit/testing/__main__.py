"""`python -m rvbbit.testing`: the fake server as a process. Prints its base URL and serves until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import runpy
import signal
import sys
import threading
from pathlib import Path

from rvbbit.testing.answers import Rule
from rvbbit.testing.server import FakeServer

NAME = "answer"


def rule(file: str) -> Rule:
    """The function `answer(body)` of a Python file."""
    path = Path(file)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {file}")
    found = runpy.run_path(str(path)).get(NAME)
    if not callable(found):
        raise argparse.ArgumentTypeError(f"{file} defines no function {NAME}(body)")
    known: Rule = found
    return known


def main() -> None:
    """Serve as the options say."""
    parser = argparse.ArgumentParser(prog="python -m rvbbit.testing", description="A fake OpenAI-compatible server on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--fail-status", type=int, default=500, help="HTTP status of failing requests")
    parser.add_argument("--fail-share", type=float, default=0.0, help="share of requests that fail, 0-1")
    parser.add_argument("--retry-after", type=float, help="seconds that failing requests ask to wait")
    parser.add_argument("--seed", type=int, default=0, help="which requests fail")
    parser.add_argument("--rule", type=rule, metavar="FILE", help=f"a Python file whose {NAME}(body) says what is answered")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with FakeServer(options.rule, options.latency, port=options.port) as server:
        if options.fail_share:
            server.fail(options.fail_status, retry_after=options.retry_after, share=options.fail_share, seed=options.seed)
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
