"""Says of each answer what the provider's prompt cache should have known of its prompt, and marks what is worth keeping there.

It stands next to the client, inside everything that makes a call wait: what counts is what was answered when the call goes out.
"""

from __future__ import annotations

from dataclasses import replace

from rvbbit.interfaces import Provider
from rvbbit.providers.prefixes import Prefixes
from rvbbit.providers.prompt_caches import PromptCache
from rvbbit.providers.wrapper import Wrapper
from rvbbit.types import Completion, Request


class Prefixed(Wrapper):
    """A provider with a prompt cache."""

    def __init__(self, inner: Provider, cache: PromptCache, prefixes: Prefixes | None = None) -> None:
        super().__init__(inner)
        self._cache = cache
        self._prefixes = prefixes or Prefixes(cache)

    @property
    def cached_from(self) -> int | None:
        """The cache's minimum."""
        return self._cache.minimum

    async def complete(self, request: Request) -> Completion:
        """The answer, with `tokens_cached_expected`."""
        sent = self._prefixes.sending(request)
        asked = request if sent.stable == request.stable else replace(request, stable=sent.stable)
        answered = False
        try:
            completion = await self.inner.complete(asked)
            answered = True
        finally:
            if answered:
                self._prefixes.answered(sent)
            else:
                self._prefixes.failed(sent)
        return replace(completion, tokens_cached_expected=self._prefixes.expected(sent, completion.usage))
