"""The tokens of a fake answer with their log-probabilities, as OpenAI's chat completions give them. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s?\w+|\W+?(?=\w|\s\w|$)", re.DOTALL)


def logprobs(text: str, certainty: float) -> dict[str, Any]:
    """The first token of the answer's value has this probability, 0-1; all others are certain."""
    start, place, content = _value(text), 0, []
    for token in _TOKEN.findall(text):
        inside = place <= start < place + len(token)
        content.append(
            {"token": token, "logprob": math.log(certainty) if inside else 0.0, "bytes": list(token.encode()), "top_logprobs": []}
        )
        place += len(token)
    return {"content": content, "refusal": None}


def _value(text: str) -> int:
    """Where the value begins: behind the quote that opens it, where there is one."""
    try:
        found = json.loads(text)
    except ValueError:
        return 0
    value = next(iter(found.values())) if isinstance(found, Mapping) and len(found) == 1 else found
    return text.rfind(json.dumps(value)) + isinstance(value, str)
