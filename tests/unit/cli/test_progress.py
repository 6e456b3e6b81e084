"""What is told on stderr, and Ctrl-C."""

from __future__ import annotations

import os
import signal

import pytest

from rvbbit.cli.progress import Watch, cancelling, seconds, usage_line, usd
from rvbbit.result import Progress, QueryUsage
from rvbbit.types import Notice


@pytest.mark.parametrize(
    ("usage", "line"),
    [
        (QueryUsage(calls=12, cached=988, cost_usd=0.0012, seconds=1.3), "12 calls, 988 cached, $0.0012, 1.3 s"),
        (QueryUsage(calls=1, cost_usd=None, seconds=0.012), "1 call, 0 cached, cost unknown, 12 ms"),
        (QueryUsage(calls=2000, cost_usd=12.5, seconds=125), "2,000 calls, 0 cached, $12.50, 2 min 5 s"),
    ],
)
def test_the_usage_line(usage: QueryUsage, line: str) -> None:
    assert usage_line(usage) == line


@pytest.mark.parametrize(
    ("cost", "text"), [(0.0, "$0"), (0.00001234, "$0.000012"), (0.9999, "$0.9999"), (1234.5, "$1,234.50"), (None, "cost unknown")]
)
def test_small_amounts_are_not_shown_as_nothing(cost: float | None, text: str) -> None:
    assert usd(cost) == text


def test_a_minute_is_a_minute() -> None:
    assert [seconds(x) for x in (0.0004, 59.94, 60, 3605)] == ["0 ms", "59.9 s", "1 min 0 s", "60 min 5 s"]


def test_away_from_a_terminal_notices_are_told_and_progress_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    with Watch() as watch:
        watch(Progress("means", 5, 10, 0, 0.0))
        watch(Notice("📚 No training examples available yet"))
    assert capfd.readouterr() == ("", "📚 No training examples available yet\n")


class Query:
    cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


def test_ctrl_c_cancels_and_a_second_one_interrupts() -> None:
    query = Query()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), cancelling(query):
        os.kill(os.getpid(), signal.SIGINT)
        assert query.cancelled == 1
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
