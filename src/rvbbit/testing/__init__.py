"""A fake OpenAI-compatible server over a real socket, for our tests and yours. It answers by rule and never leaves loopback."""

from rvbbit.testing.answers import Rule, default_rule, question
from rvbbit.testing.process import FakeProcess
from rvbbit.testing.prompt_cache import PromptCache
from rvbbit.testing.server import FakeServer

__all__ = ["FakeProcess", "FakeServer", "PromptCache", "Rule", "default_rule", "question"]
