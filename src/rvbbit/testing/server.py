"""The fake server: an OpenAI-compatible HTTP server on a loopback socket, in a thread and event loop of its own.

Chat completions, embeddings, batches, models, and Anthropic's batches of messages; what it says is in `answers`, what goes wrong is in
`faults`. It never listens on anything but loopback.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from rvbbit.testing import answers, batch_routes, message_routes, packed, streams
from rvbbit.testing.answers import Body, Rule
from rvbbit.testing.batches import Batches
from rvbbit.testing.faults import FAULT, Fault, Script
from rvbbit.testing.logprobs import logprobs
from rvbbit.testing.message_batches import MessageBatches
from rvbbit.testing.prompt_cache import PromptCache

FORMATS = ("json_schema", "json_object")
# What open connections get before they are closed; aiohttp takes 0 for no limit.
GRACE_SECONDS = 0.01


class FakeServer:
    """`with FakeServer(answer=rule, latency=0.1) as server:` serves at `server.base_url` until the block ends.

    `latency` in seconds. `formats` are the kinds of `response_format` it accepts; `key` and `models`, where given, are the only ones it
    takes. `prompt_cache`, where given, remembers the starts of prompts as a provider's does. `certainty` gives the probability, above 0 and
    up to 1, of an answer whose request asks for `logprobs`; without it the server passes over that wish, as many do. A request with several
    rows is answered row by row by the same rule; `disagreement` gives the share of them then answered otherwise. `requests` are the
    bodies of all calls in order of arrival, failed ones too; `calls` counts them; `tokens` are those of all answers, in and out;
    `max_in_flight` is how many it ever held at once.
    """

    def __init__(
        self,
        answer: Rule | None = None,
        latency: float = 0.0,
        *,
        key: str | None = None,
        models: tuple[str, ...] = (),
        formats: tuple[str, ...] = FORMATS,
        prompt_cache: PromptCache | None = None,
        certainty: Callable[[Body], float] | None = None,
        disagreement: packed.Disagreement | None = None,
        port: int = 0,
    ) -> None:
        self.answer: Rule = answer or answers.default_rule
        self.latency = latency
        self.key = key
        self.models = models
        self.formats = formats
        self.prompt_cache = prompt_cache
        self.certainty = certainty
        self.disagreement = disagreement
        self.port = port
        self.script = Script()
        self.batches = Batches(lambda body: self._answer("", body, 0))
        self.message_batches = MessageBatches(lambda body: self._answer("", body, 0))
        self.reset()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-server", daemon=True)
        self._http: web.Server | None = None
        self._socket: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`"""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def stats(self) -> dict[str, int]:
        """What `GET /_stats` answers."""
        return {"calls": self.calls, "tokens": self.tokens, "in_flight": self.in_flight, "max_in_flight": self.max_in_flight}

    def reset(self) -> None:
        """Count from nothing again; the script stays."""
        self.requests: list[dict[str, Any]] = []
        self.calls = 0
        self.tokens = 0
        self.in_flight = 0
        self.max_in_flight = 0

    # The script

    def fail(
        self,
        status: int = 500,
        *,
        retry_after: float | str | None = None,
        message: str = FAULT,
        times: int = 1,
        share: float | None = None,
        seed: int = 0,
    ) -> None:
        """Answer the next `times` requests, or a `share` of all, with an HTTP error."""
        self.script.add(Fault("status", status, retry_after, message), times=times, share=share, seed=seed)

    def hang(self, times: int = 1) -> None:
        """Take the next requests and never answer them."""
        self.script.add(Fault("hang"), times=times)

    def close_socket(self, times: int = 1) -> None:
        """Take the next requests and close their sockets."""
        self.script.add(Fault("close"), times=times)

    def malformed(self, times: int = 1) -> None:
        """Answer the next requests 200 with a body that is not JSON."""
        self.script.add(Fault("malformed"), times=times)

    def prose(self, times: int = 1) -> None:
        """Answer the next requests with talk, whatever schema they ask for."""
        self.script.add(Fault("prose"), times=times)

    def refuse(self, times: int = 1) -> None:
        """Answer the next requests with a refusal."""
        self.script.add(Fault("refuse"), times=times)

    def cut_off(self, times: int = 1) -> None:
        """End the next answers in the middle, with `finish_reason: length`."""
        self.script.add(Fault("cut_off"), times=times)

    # The server

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        # The low-level server: no routing and no middleware, so that the fake is not what a measurement measures.
        self._http = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._socket = await self._loop.create_server(self._http, "127.0.0.1", self.port, backlog=1024)
        self.port = self._socket.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._socket and self._http:
            self._socket.close()
            await self._http.shutdown(GRACE_SECONDS)
            await self._socket.wait_closed()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if request.method == "GET" and path == "/_stats":
            return _json(self.stats)
        if request.method == "POST" and path == "/_reset":
            self.reset()
            return _json(self.stats)
        if (answer := await message_routes.answered(request, self.message_batches, self.key)) is not None:
            return answer
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided.", "invalid_api_key")
        if request.method == "GET" and path == "/v1/models":
            return _json({"object": "list", "data": [{"id": m, "object": "model"} for m in self.models or ("fake",)]})
        if request.method == "POST" and path in ("/v1/chat/completions", "/v1/embeddings"):
            return await self._call(request, json.loads(await request.read()))
        if (found := await batch_routes.answered(request, self.batches)) is not None:
            return web.Response(body=found) if isinstance(found, bytes) else _json(found)
        return _error(404, f"Unknown request URL: {request.method} {path}", "unknown_url")

    async def _call(self, request: web.BaseRequest, body: dict[str, Any]) -> web.StreamResponse:
        self.calls += 1
        self.requests.append(body)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            due = self._loop.time() + self.latency
            fault = self.script.next()
            known = self.prompt_cache.known(body) if self.prompt_cache and "messages" in body else 0
            refused = self._refused(body)
            # Worked out while the latency runs, not after it: many requests at once would else wait for each other's answers.
            answer = {} if fault or refused else self._made(request.path, body)
            if self.latency:
                await asyncio.sleep(due - self._loop.time())
            if fault is not None:
                return await self._fault(fault, request, body)
            return refused or _said(body, self._given(body, answer, known))
        finally:
            self.in_flight -= 1

    def _answer(self, path: str, body: Body, known: int) -> dict[str, Any]:
        return self._given(body, self._made(path, body), known)

    def _made(self, path: str, body: Body) -> dict[str, Any]:
        if path == "/v1/embeddings":
            return answers.embeddings(body)
        said = packed.answer(body, self.answer, self.disagreement)
        answer = answers.chat(body, self.answer(body) if said is None else said)
        if self.certainty is not None and body.get("logprobs"):
            answer["choices"][0]["logprobs"] = logprobs(answer["choices"][0]["message"]["content"], self.certainty(body))
        return answer

    def _given(self, body: Body, answer: dict[str, Any], known: int) -> dict[str, Any]:
        """The answer as it goes out: counted, and its prompt in the cache from now on."""
        self.tokens += answer["usage"]["total_tokens"]
        if self.prompt_cache is not None and "messages" in body:
            answer["usage"] |= self.prompt_cache.answered(body, known)
        return answer

    def _refused(self, body: Body) -> web.Response | None:
        if self.models and body.get("model") not in self.models:
            return _error(404, f"The model `{body.get('model')}` does not exist.", "model_not_found")
        form = (body.get("response_format") or {}).get("type", "text")
        if form != "text" and form not in self.formats:
            return _error(
                400, f"Invalid parameter: 'response_format' of type '{form}' is not supported with this model.", None, "response_format"
            )
        return None

    async def _fault(self, fault: Fault, request: web.BaseRequest, body: Body) -> web.StreamResponse:
        match fault.kind:
            case "status":
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                return _error(fault.status, fault.message, None, headers=headers)
            case "hang":
                await asyncio.Event().wait()
            case "close" if request.transport is not None:
                request.transport.abort()
            case "prose":
                return _said(body, answers.chat(body, "Well, that is a good question, and it depends on how one looks at it."))
            case "refuse":
                return _said(body, answers.chat(body, "I'm sorry, I can't help with that.", refusal=True))
            case "cut_off":
                return _said(body, answers.chat(body, '{"answer": "and then', finish_reason="length"))
        return web.Response(text='{"choices": [{"message": {"content": ', content_type="application/json")


def _said(body: Body, answer: dict[str, Any]) -> web.Response:
    """An answer as its request wants it: whole, or as a stream."""
    return web.Response(body=streams.events(body, answer), content_type="text/event-stream") if body.get("stream") else _json(answer)


def _json(body: Any) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), content_type="application/json")


def _error(status: int, message: str, code: str | None, param: str | None = None, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"message": message, "type": "fake_error", "param": param, "code": code}}
    return web.Response(status=status, headers=headers, body=json.dumps(body).encode(), content_type="application/json")
