"""What every wrapper does the same: it reads what its provider reads, and closes it. It adds nothing by itself."""

from __future__ import annotations

from rvbbit.interfaces import Provider
from rvbbit.types import Completion, Request


class Wrapper:
    """A provider around `inner`."""

    def __init__(self, inner: Provider) -> None:
        self.inner = inner

    @property
    def reads_messages(self) -> bool:
        """As the provider inside."""
        return self.inner.reads_messages

    @property
    def cached_from(self) -> int | None:
        """As the provider inside."""
        return self.inner.cached_from

    async def complete(self, request: Request) -> Completion:
        """As the provider inside."""
        return await self.inner.complete(request)

    async def close(self) -> None:
        """Closes the provider inside."""
        await self.inner.close()
