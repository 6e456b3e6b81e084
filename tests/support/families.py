"""The families of remote providers: how each is named, what its server speaks and what it sends. Expectations live in the tests."""

from __future__ import annotations

import json

from aiohttp import web

from rvbbit.testing import FakeServer, messages
from rvbbit.types import Message, Request

KEY = "sk-a-very-secret-key-0123456789"
BOOLEAN = {"type": "boolean"}


class FakeAnthropic(FakeServer):
    """The fake server with Anthropic's `/v1/messages` in front: its bodies are translated to chat completions and back."""

    async def _handle(self, request):
        if request.headers.get("Authorization") != f"Bearer {KEY}" and request.headers.get("x-api-key") != KEY:
            return web.json_response({"type": "error", "error": {"type": "authentication_error", "message": f"bad key {KEY}"}}, status=401)
        asked = json.loads(await request.read())
        answer = await self._call(request, messages.chat(asked))
        if asked["stream"] and answer.status == 200 and answer.body.endswith(b"}"):
            return web.Response(text=streamed(self._translated(json.loads(answer.body))), content_type="text/event-stream")
        return web.json_response(self._translated(json.loads(answer.body)), status=answer.status, headers=_pause(answer))

    def _translated(self, answer):
        return messages.error("api_error", answer["error"]["message"]) if "error" in answer else messages.message(answer)


def streamed(message):
    """A whole message as the events that stream it."""
    (block,) = message["content"]
    events = [
        {"type": "message_start", "message": message | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": block["text"]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": message["usage"]},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def _pause(answer):
    return {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}


class Family:
    """A kind of provider and its fake."""

    def __init__(self, model, unknown, key_env, base_env, fake, root):
        self.model, self.unknown, self.key_env, self.base_env, self.fake, self.root = model, unknown, key_env, base_env, fake, root

    def env(self, server, key=KEY):
        return {self.key_env: key, self.base_env: server.base_url if self.root else server.base_url.removesuffix("/v1")}


FAMILIES = {
    "openai": Family("openai:gpt-5-mini", "openai:gpt-nope", "OPENAI_API_KEY", "OPENAI_BASE_URL", FakeServer, True),
    "openrouter": Family("openrouter:openai/gpt-5-mini", "openrouter:nope", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", FakeServer, True),
    "anthropic": Family(
        "anthropic:claude-haiku-4-5", "anthropic:claude-nope", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", FakeAnthropic, False
    ),
}


async def no_sleep(_):
    pass


def question(family, text="Is water wet?", **options):
    options.setdefault("timeout", 5.0)
    return Request(family.model, (Message("system", "Answer truly."), Message("user", text)), **options)


async def asked(family, registry, **options):
    return await registry(family.model).complete(question(family, **options))


class Odd(FakeServer):
    """Answers every request 200 with the same text."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    async def _handle(self, request):
        return web.Response(text=self.text, content_type="application/json")
