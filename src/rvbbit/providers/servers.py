"""The OpenAI-compatible servers we know by name: where they are, which variable holds the key, what is special about them.

A table and how it is read against an environment; nothing is called. Any other compatible server is reached as `openai:` with
OPENAI_BASE_URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from rvbbit.errors import AuthenticationFailed, UsageError

# A shorter key is a placeholder (`EMPTY`, `ollama`), and hiding such a word would spoil answers that hold it.
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Server:
    """One row. `base_env` may hold another address; `key_env` the key, needed unless `keyless`. `free` servers cost nothing.

    `max_tokens` is what the server calls the longest answer in a request. `logprobs`: whether it takes that option as OpenAI defines it;
    `batches`: whether it has OpenAI's batch API. `login` is the header that the key goes in, with what stands before it there; `headers`
    are sent with each call.
    """

    name: str
    base_url: str
    key_env: str
    base_env: str
    keyless: bool = False
    free: bool = False
    max_tokens: str = "max_tokens"
    logprobs: bool = True
    batches: bool = False
    login: tuple[str, str] = ("Authorization", "Bearer ")
    headers: tuple[tuple[str, str], ...] = ()


SERVERS: tuple[Server, ...] = (
    Server("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "OPENAI_BASE_URL", max_tokens="max_completion_tokens", batches=True),
    Server("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"),
    Server("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "GROQ_BASE_URL", logprobs=False),
    Server("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "TOGETHER_BASE_URL", logprobs=False),
    Server("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "MISTRAL_BASE_URL", logprobs=False),
    Server("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL"),
    Server("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", "FIREWORKS_BASE_URL"),
    Server("xai", "https://api.x.ai/v1", "XAI_API_KEY", "XAI_BASE_URL"),
    Server("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "CEREBRAS_BASE_URL"),
    Server("ollama", "http://localhost:11434/v1", "OLLAMA_API_KEY", "OLLAMA_HOST", keyless=True, free=True),
    Server("vllm", "http://localhost:8000/v1", "VLLM_API_KEY", "VLLM_BASE_URL", keyless=True, free=True),
    Server("lmstudio", "http://localhost:1234/v1", "LMSTUDIO_API_KEY", "LMSTUDIO_BASE_URL", keyless=True, free=True),
    Server("llamacpp", "http://localhost:8080/v1", "LLAMACPP_API_KEY", "LLAMACPP_BASE_URL", keyless=True, free=True),
)

BY_NAME: Mapping[str, Server] = {server.name: server for server in SERVERS}


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a server is and how to be let in. `key` None sends no key; it never shows."""

    server: Server
    url: URL
    key: str | None = None

    @property
    def shown(self) -> str:
        """The address without user, password or query, for messages."""
        return str(self.url.with_user(None).with_query(None))

    @property
    def headers(self) -> dict[str, str]:
        """What each call carries: what the server wants said, and the key; a user in the address logs in by itself."""
        said = dict(self.server.headers)
        if self.key and not self.url.user:
            name, before = self.server.login
            said[name] = f"{before}{self.key}"
        return said

    def __repr__(self) -> str:
        return f"Address({self.server.name}, {self.shown})"


def address(server: Server, env: Mapping[str, str]) -> Address:
    """A server's address and key as an environment has them.

    Another address than the server's own needs no key: it may be anybody's. Raises AuthenticationFailed, UsageError.
    """
    url = _url(server, env)
    key = env.get(server.key_env, "").strip() or None
    if key is None and not server.keyless and url == URL(server.base_url):
        raise AuthenticationFailed(
            f"{server.name}: no key: the environment variable {server.key_env} is not set",
            hint=f"export {server.key_env}=…, or use another model (`local:minilm` needs none)",
        )
    if key is not None and not (key.isascii() and key.isprintable()):
        raise AuthenticationFailed(
            f"{server.name}: the key in {server.key_env} cannot be sent: it holds characters that no key has",
            hint=f"copy the key again into {server.key_env}",
        )
    return Address(server, url, key)


def _url(server: Server, env: Mapping[str, str]) -> URL:
    given = env.get(server.base_env, "").strip().rstrip("/")
    if not given:
        return URL(server.base_url)
    if server.name == "ollama":
        given = _ollama_host(given)
    try:
        url = URL(given)
        usable = url.scheme in ("http", "https") and bool(url.host)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            f"{server.name}: {server.base_env} does not hold an http or https address",
            hint=f"set it like {server.base_env}={server.base_url}",
        )
    return url


def _ollama_host(given: str) -> str:
    """OLLAMA_HOST as Ollama reads it (`host`, `host:port`, with or without scheme; 0.0.0.0 is where it listens) → its `/v1` address."""
    url = URL(given if "://" in given else f"http://{given}")
    if url.host == "0.0.0.0":
        url = url.with_host("127.0.0.1")
    if url.explicit_port is None and "://" not in given:
        url = url.with_port(11434)
    return str(url if url.path.endswith("/v1") else url / "v1")
