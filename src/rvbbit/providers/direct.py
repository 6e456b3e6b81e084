"""A model behind the direct model API of `pydantic-ai-slim`: one request, one answer, its usage, or one of our errors.

Its agents, tools and retries are not used, and of its batches only how a request and an answer are written. Only `foreign` imports this,
and late.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_ai import exceptions as theirs
from pydantic_ai.direct import model_request
from pydantic_ai.messages import CachePoint, ModelMessage, ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.models.batch import BatchRequest, BatchResult
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers import infer_provider_class
from pydantic_ai.settings import ModelSettings

try:
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
except ImportError:  # no Bedrock here, so none of its errors

    class BotoCoreError(Exception):  # type: ignore[no-redef]
        """Never raised."""


from rvbbit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    Refused,
    TerminalError,
    Unavailable,
)
from rvbbit.providers import schemas
from rvbbit.providers.failures import words
from rvbbit.providers.schemas import Asked
from rvbbit.providers.servers import SHORTEST_SECRET
from rvbbit.types import Completion, Message, Request, Usage

# The first row whose class fits decides.
_ROWS: tuple[tuple[type[Exception], type[ProviderError], str], ...] = (
    (theirs.ModelQuotaExceededError, TerminalError, "the account has no credit left: see the provider's billing page"),
    (theirs.ModelRateLimitError, RateLimited, "lower RVBBIT_CONCURRENCY, or wait"),
    (theirs.ModelAuthenticationError, AuthenticationFailed, "check the key in the environment variable {key_env}"),
    (theirs.ModelNotFoundError, ModelNotFound, "check the model's name"),
    (theirs.ModelTimeoutError, ProviderTimeout, "try again later"),
    (theirs.ModelRequestTimeout, ProviderTimeout, "try again, or raise the cell's timeout"),
    (theirs.ModelUnavailableError, Unavailable, "the provider has trouble; try again later"),
    (theirs.ModelServerError, Unavailable, "the provider has trouble; try again later"),
    (theirs.ModelConnectionError, Unavailable, "check the network and the provider's address"),
    (theirs.ContentFilterError, Refused, "rephrase the question, or use another model"),
    (theirs.UnexpectedModelBehavior, Unavailable, "the answer could not be read; try again"),
    (theirs.AgentRunError, TerminalError, "the provider will not take this request as it is"),
    (theirs.UserError, TerminalError, "this model does not take such a request"),
)


# How its library is told that the prompt cache is to end behind the system message; a mark among the turns is the same for all.
_MARKS = {"anthropic": "anthropic_cache_instructions", "bedrock": "bedrock_cache_instructions"}


def direct(model: str, *, key: str | None, key_env: str, retries: bool) -> Direct:
    """The provider of `family:model`. Raises ModelNotFound; ImportError where the family's own library is missing."""

    def provider(family: str) -> Any:
        return infer_provider_class(family)(**({} if key is None else {"api_key": key}))

    try:
        return Direct(infer_model(model, provider), model, key=key, key_env=key_env, retries=retries)
    except (theirs.UserError, ValueError) as error:
        raise ModelNotFound(f"{model}: {error}", hint="check the model's name, and how its provider logs in") from error


class Direct:
    """One model behind pydantic-ai. `name` is `provider:model`; `retries` says that its library must be told not to retry."""

    reads_messages = True
    cached_from = None

    def __init__(self, model: Model, name: str, *, key: str | None = None, key_env: str = "", retries: bool = False) -> None:
        self.name = name
        self._model = model
        self._key = key
        self._key_env = key_env
        # Ours is the only wrapper that retries.
        self._base: ModelSettings = {"max_retries": 0} if retries else {}

    async def complete(self, request: Request) -> Completion:
        """One answer; `text` is the answer's JSON where a schema was given. Raises ProviderError."""
        question = _asked(request)
        settings: ModelSettings = {**self._settings(request), "request_timeout": request.timeout}
        parameters = self._parameters(question)
        try:
            answer = await model_request(
                self._model, list(_turns(request.messages, request.stable)), model_settings=settings, model_request_parameters=parameters
            )
        except (theirs.AgentRunError, theirs.UserError) as error:
            raise self._translated(error) from error
        except BotoCoreError as error:
            hint = "log in to AWS: AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY"
            raise AuthenticationFailed(f"{self.name}: {error}", hint=hint) from error
        return self._completion(answer, self._sent(request, settings, question), question)

    async def encoded(self, request: Request) -> dict[str, Any]:
        """What is sent for a request in a batch, in the provider's own words. Raises ProviderError."""
        try:
            encoded = await self._model.batch_encode(self._batched(request))
        except (theirs.AgentRunError, theirs.UserError) as error:
            raise self._translated(error) from error
        body: dict[str, Any] = json.loads(encoded.body)
        return body

    def read(self, request: Request, body: Mapping[str, Any], answer: Mapping[str, Any]) -> Completion:
        """What the answer to that body says, which came in a batch. Raises ProviderError."""
        spelled = json.dumps({"type": "succeeded", "message": answer}, ensure_ascii=False)
        spelled = spelled.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # a cut-off emoji is legal JSON and no text
        asked = self._batched(request)
        try:
            said = self._model.batch_decode(BatchResult(custom_id=asked.custom_id, status="succeeded", body=spelled), asked)
        except (theirs.AgentRunError, theirs.UserError) as error:
            raise self._translated(error) from error
        except ValueError as error:
            raise Unavailable(f"{self.name}: the answer is no message: {str(answer)[:500]}", hint="try again") from error
        question = _asked(request)
        return self._completion(said, self._sent(request, self._settings(request), question), question)

    def _batched(self, request: Request) -> BatchRequest:
        return BatchRequest(
            custom_id="one",  # who asks knows it by another
            messages=list(_turns(request.messages, request.stable)),
            model_settings=self._settings(request),
            model_request_parameters=self._parameters(_asked(request)),
        )

    def _sent(self, request: Request, settings: ModelSettings, question: Asked | None) -> dict[str, Any]:
        return {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "settings": dict(settings),
            "schema": None if question is None else question.schema,
        }

    def _translated(self, error: Exception) -> ProviderError:
        ours, hint = next((ours, hint) for kind, ours, hint in _ROWS if isinstance(error, kind))
        status = error.status_code if isinstance(error, theirs.ModelHTTPError) else None
        said = (words(error.body)[0] if isinstance(error, theirs.ModelAPIError) and error.body else "") or str(error)
        if self._key and len(self._key) >= SHORTEST_SECRET:
            said = said.replace(self._key, "[key]")
        translated = ours(f"{self.name}: {said}", hint=hint.format(key_env=self._key_env or "of the provider"), status=status)
        if isinstance(translated, RateLimited) and isinstance(error, theirs.ModelAPIError):
            translated.retry_after = error.retry_after
        return translated

    def _settings(self, request: Request) -> ModelSettings:
        settings: ModelSettings = {**self._base}
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        if request.max_tokens is not None:
            settings["max_tokens"] = request.max_tokens
        if request.stable == 1 and (mark := _MARKS.get(self.name.partition(":")[0])):
            settings[mark] = True  # type: ignore[literal-required]
        return settings

    def _parameters(self, question: Asked | None) -> ModelRequestParameters:
        if question is None:
            return ModelRequestParameters()
        # Such schemas close every object on their way: one that takes any name would let none through.
        native = self._model.profile.get("supports_json_schema_output", False) and not question.open
        return ModelRequestParameters(
            output_mode="native" if native else "prompted",
            output_object=OutputObjectDefinition(dict(question.schema), name=schemas.ROOT, strict=question.strict or None),
        )

    def _completion(self, answer: ModelResponse, sent: Mapping[str, Any], question: Asked | None) -> Completion:
        text = answer.text
        counted = answer.usage
        usage = Usage(counted.input_tokens, counted.output_tokens, counted.cache_read_tokens, None, counted.cache_write_tokens)
        if (trouble := self._useless(text, answer.finish_reason)) is not None:
            trouble.usage = usage
            raise trouble
        received = {
            "id": answer.provider_response_id,
            "model": answer.model_name,
            "text": text,
            "finish_reason": answer.finish_reason,
            "usage": {
                "input_tokens": usage.tokens_in,
                "output_tokens": usage.tokens_out,
                "cache_read_tokens": usage.tokens_cached,
                "cache_write_tokens": usage.tokens_written,
            },
        }
        text = question.unwrapped(text) if question and text else text
        return Completion(text, self.name, usage, finish_reason=answer.finish_reason, sent=sent, received=received)

    def _useless(self, text: str | None, finish: str | None) -> ProviderError | None:
        if finish == "content_filter":
            return Refused(f"{self.name}: refused: {text or 'no reason given'}", hint="rephrase the question, or use another model")
        if finish == "length":
            said = f"{self.name}: the answer was cut off at the longest length allowed"
            return TerminalError(said, hint="raise the cell's `max_tokens`, or ask for less")
        if text is None:
            return Unavailable(f"{self.name}: answered without text", hint="try again, or use another model")
        return None

    async def close(self) -> None:
        """Closes the library's HTTP client. Safe to call twice."""
        # The library closes the client it made when the last one that entered the model leaves it.
        async with self._model:
            pass


def _asked(request: Request) -> Asked | None:
    return None if request.output_schema is None else schemas.asked(request.output_schema)


def _turns(messages: Sequence[Message], stable: int) -> Iterator[ModelMessage]:
    """The chat; where more than the system message is stable, the prompt cache is to end behind the last stable one."""
    for place, message in enumerate(messages):
        if message.role == "assistant":
            yield ModelResponse(parts=[TextPart(message.content)])
        elif message.role == "system":
            yield ModelRequest(parts=[SystemPromptPart(message.content)])
        elif place == stable > 1:
            yield ModelRequest(parts=[UserPromptPart([CachePoint(), message.content])])
        else:
            yield ModelRequest(parts=[UserPromptPart(message.content)])
