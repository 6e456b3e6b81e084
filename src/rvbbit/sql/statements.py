"""A script taken apart: statements, which of them may be semantic, and the hints in their comments.

Splitting follows tokens, so a semicolon in a string or comment splits nothing, and each statement keeps its text to the letter.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from rvbbit import packing
from rvbbit.errors import SQLSyntaxError
from rvbbit.packing import Pack
from rvbbit.sql.cascade_calls import NAME as CASCADE
from rvbbit.sql.dialect import Dialect, is_semantic_distinct
from rvbbit.sql.patterns import Grammar

T = TypeVar("T")

SEARCHES = frozenset({"VECTOR_SEARCH", "HYBRID_SEARCH"})
"""Functions in FROM that are ours and no operator's."""

_ALONE = {"batch"}
"""Hints that say enough without a value."""

_QUOTED = {TokenType.IDENTIFIER, TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING}
_WORDS = {"on_error": ("raise", "null"), "rounds": ("few", "many"), "judge": ("likely", "all"), "against": ("model", "verified")}
"""Hints that are one of some words."""
SHARES = {"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "delta": 0.5, "interval": 0.999}
"""Hints that are shares, and the largest they can be."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What `-- @ key: value` comments ask for. None: nothing was said. `budget` in USD, `threshold` 0-1.

    `training` is whether calls may learn, or the version or tag of the set they learn from. `pack` is how many rows a request may carry,
    `batch` whether the provider's batch API is asked. `rounds`: "few" or "many", for questions that stop early: fewer waits or fewer calls.
    `judge`: "likely" or "all" candidates of a top k.
    `accuracy`, `precision`, `recall` 0-1 are what answers given in the model's place must have, but for a chance of `delta`; `against` says
    whether the "model" or "verified" answers tell what is right.
    `blocking` is whether a join asks about near pairs alone, or to which recall. `factorize`: whether it may label each text by itself, or
    the share of sampled pairs that must agree for that; 0: none is sampled.
    `interval` is the level of intervals beside aggregates, `sample` how many questions are asked for them, or pairs about labels.
    """

    model: str | None = None
    budget: float | None = None
    training: bool | str | None = None
    threshold: float | None = None
    on_error: str | None = None
    pack: Pack | None = None
    rounds: str | None = None
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    delta: float | None = None
    against: str | None = None
    batch: bool | None = None
    blocking: bool | float | None = None
    factorize: bool | float | None = None
    interval: float | None = None
    sample: int | None = None
    judge: str | None = None

    @property
    def targeted(self) -> bool:
        """Whether a student may answer some in the model's place: a target of 1 is what the model gives."""
        return any(share is not None and share < 1 for share in (self.accuracy, self.precision, self.recall))

    @property
    def all_together(self) -> bool:
        """Whether all rows are better asked about at once: a provider's batch takes hours, and a target is kept over one population."""
        return bool(self.batch) or self.targeted

    def over(self, other: Hints) -> Hints:
        """These hints, with the other's where these are silent."""
        return replace(other, **{f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None})


_KEYS = [f.name for f in fields(Hints)]
_ANYWHERE = frozenset({"budget", "interval", "sample"})
"""Hints that hold for the statement wherever in it they stand."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its text as written, where it starts in the script (from 1) and its tokens.

    `places` are lines and columns of comments that may be hints, counted as those of its text: lines before it are 0 and less.
    """

    text: str
    line: int
    tokens: tuple[Token, ...]
    column: int = 1
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """Unquoted words in upper case, in order."""
        return [t.text.upper() for t in self.tokens if t.token_type not in _QUOTED]

    def may_be_semantic(self, grammar: Grammar) -> bool:
        """Whether any of its words could start an operator. False means: DuckDB's alone, not even parsed here."""
        for token, following in zip(self.tokens, (*self.tokens[1:], None), strict=False):
            if token.token_type in _QUOTED:
                continue
            word = token.text.upper()
            if word in grammar.infixes or word in grammar.choices or is_semantic_distinct(token, following):
                return True
            opened = following is not None and following.token_type == TokenType.L_PAREN
            if opened and (word in grammar.functions or word in SEARCHES or (word == CASCADE and grammar.cascades)):
                return True
        return False

    def hints(self) -> tuple[Hints, list[tuple[int, Hints]]]:
        """Hints for the whole statement (`-- @@`), and those for the next operator with the offset they stand at (`-- @`)."""
        whole, local = Hints(), []
        for token, comment in self._marked():
            text = comment.strip()
            try:
                if text.startswith("@@"):
                    whole = _hint(text[2:]).over(whole)
                else:
                    local.append((token.start, _hint(text[1:])))
            except SQLSyntaxError as error:
                error.line, error.column = self.places.get(comment, (token.line, None))
                raise
        return whole, local

    def places_with(self, behind: Statement) -> dict[str, tuple[int, int]]:
        """The places of its comments and of those in a part that was read by itself; those on that part's first line are not known."""
        return {c: (line + behind.line - 1, at) for c, (line, at) in behind.places.items() if line > 1} | dict(self.places)

    def idle(self, last: int | None) -> Iterator[str]:
        """Hints for one operator (`-- @`) behind which none stands, as written. `last` is where the last operator does, None: nowhere.

        What holds for a statement wherever it is said is left out, unless it has no operator. Nothing is checked: a comment of a plain
        statement may say anything.
        """
        for token, comment in self._marked():
            key = comment.strip().lstrip("@").partition(":")[0].strip()
            if comment.strip().startswith("@@") or key not in _KEYS or (last is not None and (token.start <= last or key in _ANYWHERE)):
                continue
            yield f"-- {comment.strip()}"

    def _marked(self) -> Iterator[tuple[Token, str]]:
        """The comments that may be hints, each with its token."""
        for token in self.tokens:
            for comment in token.comments:
                text = comment.strip()
                if text.startswith("@") and (":" in text or text.lstrip("@").strip() in _ALONE):
                    yield token, comment


def split(script: str) -> Iterator[Statement]:
    """The statements of a script, empty ones left out. What cannot be cut into tokens is handed on whole: DuckDB says what is wrong."""
    try:
        tokens = Dialect().tokenize(script)
    except TokenError:
        yield Statement(script, 1, ())
        return
    current: list[Token] = []
    begin = 0
    for token in [*tokens, None]:
        if token is not None and token.token_type != TokenType.SEMICOLON:
            current.append(token)
            continue
        if current:
            yield _statement(script, current, begin)
        current, begin = [], 0 if token is None else token.end + 1


def _statement(script: str, tokens: Sequence[Token], begin: int) -> Statement:
    text = script[tokens[0].start : tokens[-1].end + 1]
    again = Dialect().tokenize(text)
    for ours, theirs in zip(again, tokens, strict=True):
        ours.comments[:] = theirs.comments  # those before and behind the text are not in it
    column = tokens[0].col - (tokens[0].end - tokens[0].start)
    places = {comment: (line, at - (column - 1) * (line == 1)) for comment, (line, at) in _places(script, tokens, begin)}
    return Statement(text, tokens[0].line, tuple(again), column, places)


def _places(script: str, tokens: Sequence[Token], begin: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Where the @ of each marked comment stands: its line, from that of the first token on, and its column in the script."""
    for comment in (comment for token in tokens for comment in token.comments if comment.lstrip().startswith("@")):
        at = script.find(comment, begin)
        if at >= 0:
            at += len(comment) - len(comment.lstrip())
            line = 1 + script.count("\n", tokens[0].start, at) - script.count("\n", at, tokens[0].start)
            yield comment, (line, at - script.rfind("\n", 0, at))


def _hint(text: str) -> Hints:
    key, _, value = (part.strip() for part in text.partition(":"))
    known = _KEYS
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        raise SQLSyntaxError(
            f"hint {key!r} is not known",
            hint=f"did you mean {near[0]}?" if near else f"hints are `-- @ key: value` with {', '.join(known)}",
        )
    if key == "budget":
        return Hints(budget=_number(key, value))
    if key == "threshold":
        return Hints(threshold=_threshold(value))
    if key == "sample":
        return Hints(sample=_count(key, value))
    if key in SHARES:
        said: Any = {key: _share(key, value)}
        return Hints(**said)
    if key == "training":
        return Hints(training=_set_name(value))
    if key == "blocking":
        return Hints(blocking=_blocking(value))
    if key == "factorize":
        return Hints(factorize=_factorize(value))
    if key == "batch":
        return Hints(batch=_one_of(key, value or "on", {"on": True, "off": False}))
    if key == "pack":
        return Hints(pack=_pack(value))
    if key in _WORDS:
        chosen: Any = {key: _one_of(key, value, {word: word for word in _WORDS[key]})}
        return Hints(**chosen)
    return Hints(model=value)


def _pack(value: str) -> Pack:
    try:
        return packing.parse(value)
    except ValueError:
        raise SQLSyntaxError(f"hint pack: {value!r} is not {packing.ALLOWED}") from None


def _set_name(value: str) -> bool | str:
    if value in {"on", "off"}:
        return value == "on"
    if not value or not all(letter.isalnum() or letter in "-_." for letter in value):
        raise SQLSyntaxError(f"hint training: {value!r} is neither on, off nor the version or tag of a training set")
    return value


def _number(key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise SQLSyntaxError(f"hint {key}: {value!r} is not a number of at least 0")
    return number


def _threshold(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise SQLSyntaxError(f"hint threshold: {value!r} is not a number from 0 to 1")
    return number


def _blocking(value: str) -> bool | float:
    if value in {"on", "off"}:
        return value == "on"
    try:
        share = float(value)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise SQLSyntaxError(f"hint blocking: {value!r} is neither on, off nor a recall between 0 and 1")
    return share


def _factorize(value: str) -> bool | float:
    if value in {"on", "off"}:
        return value == "on"
    try:
        share = 0.0 if value == "unchecked" else float(value)
    except ValueError:
        share = -1.0
    if not (value == "unchecked" or 0.5 <= share <= 1):
        allowed = "on, off, unchecked, or the share of sampled pairs that must agree, 0.5 to 1"
        raise SQLSyntaxError(f"hint factorize: {value!r} is not one of {allowed}")
    return share


def _share(key: str, value: str) -> float:
    number = _number(key, value)
    if not 0 < number <= SHARES[key]:
        raise SQLSyntaxError(f"hint {key}: {value!r} is not a number above 0, up to {SHARES[key]:g}")
    return number


def _count(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise SQLSyntaxError(f"hint {key}: {value!r} is not a whole number from 1")
    return int(value)


def _one_of(key: str, value: str, choices: dict[str, T]) -> T:
    if value not in choices:
        raise SQLSyntaxError(f"hint {key}: {value!r} is not one of {', '.join(choices)}")
    return choices[value]
