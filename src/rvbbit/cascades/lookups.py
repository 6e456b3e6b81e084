"""Answers found again in the call log, asked for one by one and looked up together: what is asked while a look-up runs makes the next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rvbbit.interfaces import CallLog
from rvbbit.types import Value


class Lookups:
    """The log's answers to single keys. It remembers nothing."""

    def __init__(self, log: CallLog) -> None:
        self._log = log
        self._asked: dict[str, asyncio.Future[Mapping[str, Value]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Mapping[str, Value]:
        """The answer under its key; an empty mapping where there is none. Raises DatabaseError."""
        future = self._asked.get(key)
        if future is None:
            future = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._run())
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            (found,) = await asyncio.gather(self._log.answers(list(asked)), return_exceptions=True)
            for key, future in asked.items():
                if isinstance(found, BaseException):
                    future.set_exception(found)
                    future.exception()  # seen, though its asker may have left
                else:
                    future.set_result({key: found[key]} if key in found else {})
