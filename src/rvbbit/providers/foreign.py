"""Which providers with a protocol of their own there are (Anthropic, Google, Bedrock), and how each is logged in to.

The models themselves are in `direct`, which needs the extra `rvbbit[providers]`; without it these models are Unsupported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rvbbit.errors import AuthenticationFailed, Unsupported

if TYPE_CHECKING:
    from rvbbit.providers.direct import Direct

INSTALL = "pip install 'rvbbit[providers]'"


@dataclass(frozen=True, slots=True)
class Family:
    """A provider by the name pydantic-ai gives it. `key_envs` are the variables that may hold its key, none where it logs in otherwise.

    `retries` says that its library retries by itself and can be told not to; `batches` that it has a batch API we speak.
    """

    name: str
    key_envs: tuple[str, ...] = ()
    retries: bool = True
    batches: bool = False

    def key(self, env: Mapping[str, str]) -> str | None:
        """The key as an environment has it. Raises AuthenticationFailed where one is needed."""
        found = next((env[name].strip() for name in self.key_envs if env.get(name, "").strip()), None)
        if found is None and self.key_envs:
            raise AuthenticationFailed(
                f"{self.name}: no key: the environment variable {' or '.join(self.key_envs)} is not set",
                hint=f"export {self.key_envs[0]}=…, or use another model (`local:minilm` needs none)",
            )
        return found


FAMILIES: Mapping[str, Family] = {
    "anthropic": Family("anthropic", ("ANTHROPIC_API_KEY",), batches=True),
    "google": Family("google", ("GOOGLE_API_KEY", "GEMINI_API_KEY")),
    "bedrock": Family("bedrock", retries=False),
}


def foreign(model: str, env: Mapping[str, str]) -> Direct:
    """The provider of `family:model`. Raises Unsupported, AuthenticationFailed, ModelNotFound."""
    family = FAMILIES[model.partition(":")[0]]
    if importlib.util.find_spec("pydantic_ai") is None:
        raise Unsupported(f"{model}: models of {family.name} need a library that is not installed", hint=INSTALL)
    key = family.key(env)
    # Imported when such a model is first named: it takes a second, which no other query need pay, and may be absent.
    from rvbbit.providers.direct import direct

    try:
        return direct(model, key=key, key_env=" or ".join(family.key_envs), retries=family.retries)
    except ImportError as error:
        raise Unsupported(f"{model}: models of {family.name} need a library that is not installed: {error}", hint=INSTALL) from error
