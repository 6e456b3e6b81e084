"""When a call is tried again, and after how long. The clock is moved by hand."""

from __future__ import annotations

import pytest

from rvbbit.errors import AuthenticationFailed, ProviderTimeout, RateLimited, Refused, Unavailable, Unreachable
from rvbbit.providers.retrying import Patience, Retrying
from rvbbit.types import Completion, Request, Usage

REQUEST = Request("openai:m")
GOOD = Completion("yes", "openai:m")


class Answers:
    """A provider that raises or answers what it was given, in order."""

    reads_messages = True

    def __init__(self, *script):
        self.script = list(script)
        self.calls = 0

    async def complete(self, request):
        self.calls += 1
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    async def close(self):
        pass


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def patient(clock, draw=1.0, **options):
    return Patience(sleep=clock.sleep, draw=lambda: draw, clock=clock, **options)


async def test_a_transient_error_is_tried_again():
    provider, clock = Answers(Unavailable("down"), ProviderTimeout("slow"), GOOD), Clock()
    assert await Retrying(provider, patient(clock)).complete(REQUEST) == GOOD
    assert provider.calls == 3


async def test_a_terminal_error_is_not():
    provider, clock = Answers(AuthenticationFailed("no", hint="check the key"), GOOD), Clock()
    with pytest.raises(AuthenticationFailed) as caught:
        await Retrying(provider, patient(clock)).complete(REQUEST)
    assert (provider.calls, clock.slept, caught.value.hint) == (1, [], "check the key")


async def test_retry_waits_as_long_as_the_server_asked():
    clock = Clock()
    await Retrying(Answers(RateLimited("slow down", retry_after=7.5), GOOD), patient(clock)).complete(REQUEST)
    assert clock.slept == [7.5]


async def test_pauses_double_up_to_a_cap():
    clock = Clock()
    failures = [Unavailable("down") for _ in range(5)]
    await Retrying(Answers(*failures, GOOD), patient(clock, base=0.5, cap=4.0)).complete(REQUEST)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 4.0]


async def test_pauses_are_drawn_from_nothing_to_all():
    clock = Clock()
    await Retrying(Answers(Unavailable("down"), GOOD), patient(clock, draw=0.25, base=2.0)).complete(REQUEST)
    assert clock.slept == [0.5]


async def test_a_server_that_nobody_hears_is_tried_only_briefly():
    provider, clock = Answers(*[Unreachable("nobody") for _ in range(9)]), Clock()
    with pytest.raises(Unreachable):
        await Retrying(provider, patient(clock)).complete(REQUEST)
    assert provider.calls == 3


async def test_after_the_last_attempt_the_error_says_how_often_it_was_tried():
    provider, clock = Answers(*[Unavailable("down", hint="wait") for _ in range(9)]), Clock()
    with pytest.raises(Unavailable, match="down") as caught:
        await Retrying(provider, patient(clock, attempts=3)).complete(REQUEST)
    assert provider.calls == 3
    assert caught.value.hint == "tried 3 times in 2 s; wait"


async def test_no_pause_is_begun_that_would_take_too_long():
    provider, clock = Answers(RateLimited("tomorrow", retry_after=86_400.0), GOOD), Clock()
    with pytest.raises(RateLimited):
        await Retrying(provider, patient(clock, total=60.0)).complete(REQUEST)
    assert (provider.calls, clock.slept) == (1, [])


async def test_the_total_counts_the_calls_themselves():
    clock = Clock()

    class Slow(Answers):
        async def complete(self, request):
            clock.now += 40.0
            return await super().complete(request)

    provider = Slow(*[ProviderTimeout("slow") for _ in range(9)])
    with pytest.raises(ProviderTimeout):
        await Retrying(provider, patient(clock, total=100.0, base=0.0)).complete(REQUEST)
    assert provider.calls == 3


async def test_what_failed_attempts_were_billed_is_part_of_what_the_answer_took():
    billed = Unavailable("without text")
    billed.usage = Usage(10, 0, 0, 0.5)
    clock = Clock()
    provider = Answers(billed, Unavailable("closed"), Completion("yes", "openai:m", Usage(10, 1, 0, 0.25)))
    completion = await Retrying(provider, patient(clock)).complete(REQUEST)
    assert completion.usage == Usage(20, 1, 0, 0.75)


async def test_what_failed_attempts_were_billed_is_part_of_what_the_error_took():
    first, last = Unavailable("without text"), Refused("no")
    first.usage, last.usage = Usage(10, 0, 0, 0.5), Usage(10, 2, 0, 0.25)
    with pytest.raises(Refused) as caught:
        await Retrying(Answers(first, last), patient(Clock())).complete(REQUEST)
    assert caught.value.usage == Usage(20, 2, 0, 0.75)
    same = Unavailable("without text")
    same.usage = Usage(10, 0, 0, 0.5)
    with pytest.raises(Unavailable) as caught_again:
        await Retrying(Answers(*[same] * 6), patient(Clock())).complete(REQUEST)
    assert caught_again.value.usage == Usage(60, 0, 0, 3.0)
