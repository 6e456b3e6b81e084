"""How each provider caches the start of prompts: from how many tokens, in which steps, for how long, and whether it must be told where.

One table, by model; what is not in it is taken to cache nothing. Prices of cached tokens are in `prices`. It remembers nothing: what was
sent is in `prefixes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class PromptCache:
    """`minimum` tokens a start must have; hits come in steps of `step` tokens; kept `seconds` from its last use.

    `marked`: only what a request marks is kept, whole, and putting it there costs more than not caching it would.
    """

    minimum: int
    step: int = 1
    seconds: float = 5 * MINUTE
    marked: bool = False


_OPENAI = "https://developers.openai.com/api/docs/guides/prompt-caching"
_CLAUDE = "https://platform.claude.com/docs/en/build-with-claude/prompt-caching"
_GEMINI = "https://ai.google.dev/gemini-api/docs/caching"
_DEEPSEEK = "https://api-docs.deepseek.com/guides/kv_cache"

# A pattern that the model's name must begin with, its cache, and who says so. The first row that fits holds.
TABLE: tuple[tuple[str, PromptCache, str], ...] = (
    # From GPT-5.6 on a hit must end where an earlier request had a mark, and unmarked requests are marked behind their last message.
    (r"openai:gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)", PromptCache(1024, seconds=30 * MINUTE, marked=True), _OPENAI),
    (r"(openai|openrouter):(openai/)?(gpt-4o|gpt-4\.[15]|gpt-5|o[134]\b|chatgpt)", PromptCache(1024, 128), _OPENAI),
    (r"(anthropic|bedrock):.*claude-(opus|fable|mythos)-5", PromptCache(512, marked=True), _CLAUDE),
    (r"(anthropic|bedrock):.*claude-(opus-4-[56]|haiku-4-5)", PromptCache(4096, marked=True), _CLAUDE),
    # The page says 1,024 for Sonnet 4.6; anthropics/anthropic-sdk-python#1194 measured 2,048.
    (r"(anthropic|bedrock):.*claude-(opus-4-7|sonnet-4-6|3-haiku|3-5-haiku)", PromptCache(2048, marked=True), _CLAUDE),
    (r"(anthropic|bedrock):.*claude-", PromptCache(1024, marked=True), _CLAUDE),
    (r"(google:|openrouter:google/)gemini-2\.5", PromptCache(2048), _GEMINI),  # how long it is kept is not said
    (r"(google:|openrouter:google/)gemini-[3-9]", PromptCache(4096), _GEMINI),
    # Kept for hours; a start that two requests share counts from the third on.
    (r"(deepseek:|openrouter:deepseek/)", PromptCache(64, 64, 60 * MINUTE), _DEEPSEEK),
)


def prompt_cache(model: str) -> PromptCache | None:
    """What is known of the cache of `provider:model`; None where nothing is."""
    return next((cache for pattern, cache, _ in TABLE if re.match(pattern, model)), None)
