"""What a set of arguments asks, in a form that two people's ways of typing it share. It compares nothing and reads no store."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import TypeGuard

from rvbbit.types import Arguments, Example, Value

_ENDS = " .!?…;,:\"'`“”‘’«»"  # what may stand around a sentence without changing what it says
_BYTES_A_TOKEN = 4  # of English in today's vocabularies; other languages take fewer bytes a token
_TOKENS_A_TURN = 8  # what a chat adds around a question and its answer


def question(arguments: Arguments, scope: Collection[str]) -> str:
    """What the arguments ask apart from the scope (all of them where the scope is everything): equal for texts that differ only in case,
    white space, Unicode form, or quotes and full stops at either end."""
    return canonical({name: _plain(value) for name, value in _asked(arguments, scope).items()})


def text(arguments: Arguments, scope: Collection[str]) -> str:
    """The same to be embedded: one argument as it is, several as a line `name: value` each."""
    asked = _asked(arguments, scope)
    if len(asked) == 1:
        return _readable(next(iter(asked.values())))
    return "\n".join(f"{name}: {_readable(value)}" for name, value in sorted(asked.items()))


def tokens(example: Example, scope: Collection[str]) -> int:
    """About how many tokens an example takes in a prompt, where what is in scope stands once for all; nobody's tokenizer is asked."""
    asked = _asked(example.arguments, scope)
    size = len(canonical(asked).encode("utf-8", "replace")) + len(canonical(example.answer).encode("utf-8", "replace"))
    return -(-size // _BYTES_A_TOKEN) + _TOKENS_A_TURN


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> str:
    """Equal values, equal text."""
    return _encode(value)


def is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _asked(arguments: Arguments, scope: Collection[str]) -> dict[str, Value]:
    return {name: value for name, value in arguments.items() if name not in scope} or dict(arguments)


def _plain(value: Value) -> Value:
    if isinstance(value, str):
        folded = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
        return folded.strip(_ENDS) or folded
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if is_list(value) else value


def _readable(value: Value) -> str:
    return value if isinstance(value, str) else canonical(value)
