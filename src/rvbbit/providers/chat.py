"""A chat model behind an OpenAI-compatible `/chat/completions`: one request, one answer, its usage, or one of our errors.

It never retries, waits or counts money: wrappers do. The one thing it learns is what a model does not take (a JSON schema, a temperature,
marks for its prompt cache, a wish for its tokens' probabilities) when the server answers 400 to it; that is asked again without, said in
the log, and remembered.
Source: OpenAI, Chat Completions reference.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rvbbit.errors import AuthenticationFailed, ProviderError, Refused, TerminalError, Unavailable
from rvbbit.jsontext import written
from rvbbit.providers import logprobs, schemas
from rvbbit.providers.connection import Connection
from rvbbit.providers.prompt_caches import prompt_cache
from rvbbit.providers.schemas import Asked
from rvbbit.types import Completion, Request, Usage

log = logging.getLogger(__name__)

PATH = "/chat/completions"
MOST = 1e12
"""Tokens or USD that no single answer takes."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """What a model takes."""

    form: schemas.Format = "json_schema"
    temperature: bool = True
    marks: bool = False
    logprobs: bool = True

    def __str__(self) -> str:
        form = "the schema in the prompt" if self.form == "plain" else f"response_format {self.form}"
        less = ("" if self.temperature else ", no temperature") + ("" if self.logprobs else ", no logprobs")
        return f"{form}{less}{', cache marks' if self.marks else ''}"

    def less(self, request: Request, said: str) -> Accepts | None:
        """What to try when this much was answered 400 with `said`; None when nothing is left to leave out."""
        said = said.lower()
        if self.logprobs and logprobs.pays(request.output_schema) and "logprobs" in said:
            return replace(self, logprobs=False)
        if self.temperature and request.temperature is not None and "temperature" in said:
            return replace(self, temperature=False)
        if self.marks and "prompt_cache" in said:
            return replace(self, marks=False)
        if request.output_schema is not None and self.form != "plain":
            return replace(self, form=schemas.FORMATS[schemas.FORMATS.index(self.form) + 1])
        return None


class Chat:
    """One model of one server. `name` is `provider:model`."""

    reads_messages = True
    cached_from = None

    def __init__(self, connection: Connection, model: str) -> None:
        self.name = f"{connection.address.server.name}:{model}"
        self.connection = connection
        self._model = model
        cache = prompt_cache(self.name)
        self._accepts = Accepts(marks=cache is not None and cache.marked, logprobs=connection.address.server.logprobs)
        self._schemas: dict[int, tuple[Mapping[str, Any], Asked]] = {}

    async def complete(self, request: Request) -> Completion:
        """One answer; `text` is the answer's JSON where a schema was given. Raises ProviderError."""
        accepts, first = self._accepts, None
        while True:
            try:
                completion = await self._ask(request, accepts)
            except TerminalError as error:
                less = accepts.less(request, error.message) if _bad_request(error, accepts) else None
                if less is None:
                    raise (first or error) from None
                accepts, first = less, first or error
            else:
                if first is not None:
                    self._remember(accepts)
                return completion

    def _remember(self, accepts: Accepts) -> None:
        if self._accepts != accepts:
            log.warning("%s answered 400 to a request with %s; from now on it is asked with %s", self.name, self._accepts, accepts)
            self._accepts = accepts

    async def _ask(self, request: Request, accepts: Accepts) -> Completion:
        body = written(self.body(request, accepts))
        answer = await self.connection.post(PATH, body, who=self.name, timeout=request.timeout)
        return self.read(request, body, answer)

    def body(self, request: Request, accepts: Accepts | None = None) -> dict[str, Any]:
        """What is sent for a request; without `accepts`, as the model was last found to take it."""
        question = None if request.output_schema is None else self._asked(request.output_schema)
        return self._body(request, accepts or self._accepts, question)

    async def encoded(self, request: Request) -> dict[str, Any]:
        """What is sent for a request in a batch."""
        return self.body(request)

    def read(self, request: Request, body: Mapping[str, Any], answer: dict[str, Any]) -> Completion:
        """What the answer to that body says. Raises ProviderError."""
        return self._completion(body, answer, None if request.output_schema is None else self._asked(request.output_schema))

    def _asked(self, schema: Mapping[str, Any]) -> Asked:
        # A cell asks thousands of times with the very same schema object; holding it keeps its id its own.
        if (known := self._schemas.get(id(schema))) is None:
            if len(self._schemas) >= 1000:
                self._schemas.clear()
            known = self._schemas[id(schema)] = (schema, schemas.asked(schema))
        return known[1]

    def _body(self, request: Request, accepts: Accepts, question: Asked | None) -> dict[str, Any]:
        messages = request.messages
        body: dict[str, Any] = {"model": self._model, "messages": []}
        if question is not None and request.output_schema is not None:
            messages = tuple(schemas.instructed(messages, accepts.form, request.output_schema, question))
            if (form := schemas.response_format(accepts.form, question)) is not None:
                body["response_format"] = form
        body["messages"] = [{"role": message.role, "content": message.content} for message in messages]
        if accepts.marks:
            _mark(body, request.stable)
        if accepts.temperature and request.temperature is not None:
            body["temperature"] = request.temperature
        if accepts.logprobs and logprobs.pays(request.output_schema):
            body["logprobs"] = True
        if request.max_tokens is not None:
            body[self.connection.address.server.max_tokens] = request.max_tokens
        return body

    def _completion(self, body: Mapping[str, Any], answer: dict[str, Any], question: Asked | None) -> Completion:
        try:
            choice = answer["choices"][0]
            text, refusal = choice["message"].get("content"), choice["message"].get("refusal")
            finish = choice.get("finish_reason")
            usage = used(answer.get("usage"))
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise Unavailable(
                f"{self.name}: the answer is no chat completion: {str(answer)[:500]}", hint="try again; check the base URL"
            ) from error
        if isinstance(text, list):
            text = "".join(part.get("text", "") for part in text if isinstance(part, Mapping))
        if isinstance(text, str) and not text.isascii():
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # a cut-off emoji is legal JSON and no text
        if (trouble := self._useless(text, refusal, finish)) is not None:
            trouble.usage = usage
            raise trouble
        text = question.unwrapped(text) if question else text
        return Completion(
            text=text,
            model=self.name,
            usage=usage,
            probability=logprobs.probability(choice, text) if body.get("logprobs") else None,
            finish_reason=finish,
            sent=body,
            received=answer,
        )

    def _useless(self, text: Any, refusal: Any, finish: Any) -> ProviderError | None:
        if refusal or finish == "content_filter":
            said = str(refusal or text or "the provider's content filter stopped it")[:500]
            return Refused(f"{self.name}: refused: {said}", hint="rephrase the question, or use another model")
        if finish == "length":
            return TerminalError(
                f"{self.name}: the answer was cut off at the longest length allowed", hint="raise the cell's `max_tokens`, or ask for less"
            )
        if not isinstance(text, str):
            return Unavailable(f"{self.name}: answered without text (finish_reason {finish})", hint="try again, or use another model")
        return None

    async def close(self) -> None:
        """The connection is the registry's to close."""


def _bad_request(error: TerminalError, accepts: Accepts) -> bool:
    if accepts.logprobs and isinstance(error, AuthenticationFailed) and error.status == 403:
        return "logprobs" in error.message  # OpenAI: "You are not allowed to request logprobs from this model."
    return error.status in (400, 422) and type(error) is TerminalError


def _mark(body: dict[str, Any], stable: int) -> None:
    """Where the model's prompt cache is to end: behind the last of the stable messages that may carry a mark; with none, it keeps nothing.

    Source: OpenAI, Prompt caching guide: without this, GPT-5.6 writes every prompt whole, at 1.25 times its price.
    """
    body["prompt_cache_options"] = {"mode": "explicit"}
    marked = next((message for message in reversed(body["messages"][:stable]) if message["role"] != "assistant"), None)
    if marked is not None:
        marked["content"] = [{"type": "text", "text": marked["content"], "prompt_cache_breakpoint": {"mode": "explicit"}}]


def used(usage: Any) -> Usage:
    """The tokens an answer says it took; `cost_usd` as the server says, None where it does not (OpenRouter does).

    Raises ValueError for a count that cannot be: it would spoil the budget, and no log could hold it.
    """
    if not usage:
        return Usage(cost_usd=None)
    details = usage.get("prompt_tokens_details") or {}
    cost = usage.get("cost")
    return Usage(
        tokens_in=_tokens(usage.get("prompt_tokens")),
        tokens_out=_tokens(usage.get("completion_tokens")),
        tokens_cached=_tokens(details.get("cached_tokens") or usage.get("prompt_cache_hit_tokens")),
        cost_usd=_amount(cost) if isinstance(cost, int | float) else None,
        tokens_written=_tokens(details.get("cache_write_tokens")),
    )


def _tokens(count: Any) -> int:
    return int(_amount(count or 0))


def _amount(number: Any) -> float:
    if not 0 <= float(number) <= MOST:
        raise ValueError(f"{number} is no amount")
    return float(number)
