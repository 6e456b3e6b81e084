"""JSON out of files, a value at a time: lines, arrays, values one after another. A file is never held as a whole, nor a line without bound.

What cannot be read comes out as a Problem in its place, and reading goes on where it can.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from rvbbit.errors import UsageError

LONGEST = 32 << 20
"""Bytes of one line or value: more than any model's context."""

_DEEPEST = 100
"""Objects within objects: deeper ones cannot be written out again safely."""

_CHUNK = 1 << 16
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BETWEEN = " \t\r\n,"


@dataclass(frozen=True, slots=True)
class Problem:
    """A line (row, element) that was not taken, and why. `number` counts from 1, as the file does."""

    number: int
    reason: str


Item: TypeAlias = "tuple[int, Any] | Problem"
"""What a reader yields: a value and where it stands, or what is wrong there."""


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers, None for one that is too long; it is passed over without being held."""
    number = 0
    while raw := file.readline(LONGEST + 1):
        number += 1
        if len(raw) <= LONGEST:
            yield number, raw
            continue
        while raw and not raw.endswith(b"\n"):
            raw = file.readline(_CHUNK)
        yield number, None


def check_encoding(file: BinaryIO, name: str) -> None:
    """Refuse a file that says it is UTF-16; leave it at its start, past a UTF-8 mark. Raises UsageError."""
    start = file.read(len(codecs.BOM_UTF8))
    if start.startswith(_UTF16):
        raise UsageError(f"{name} is UTF-16 text", hint="convert it first: iconv -f UTF-16 -t UTF-8")
    file.seek(len(start) if start == codecs.BOM_UTF8 else 0)


def objects(file: BinaryIO) -> Iterator[Item]:
    """The values of a file that holds a line each, an array, or values one after another."""
    start = file.tell()
    first = next((raw for _, raw in lines(file) if raw is None or raw.strip()), b"")
    file.seek(start)
    array = first is not None and first.lstrip().startswith(b"[")
    return documents(file) if array or _unfinished(first) else json_lines(file)


def json_lines(file: BinaryIO) -> Iterator[Item]:
    """A value a line; empty lines are passed over."""
    for number, raw in lines(file):
        if raw is None:
            yield Problem(number, f"the line is longer than {LONGEST >> 20} MB")
        elif raw.strip():
            yield _read(number, raw)


def documents(file: BinaryIO) -> Iterator[Item]:
    """The elements of an array, or values one after another, numbered from 1. After one that is broken nothing more can be found."""
    decoder, text = json.JSONDecoder(), _Text(file)
    text.skip(_BETWEEN + "[")
    number = 0
    while not text.at_end():
        if text.at("]"):
            return
        number += 1
        item = text.value(decoder, number)
        yield item
        if isinstance(item, Problem) and text.lost:
            return
        text.skip(_BETWEEN)


class _Text:
    """A file's text with a window that moves over it and grows only for a value that does not fit."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._window = ""
        self._at = 0
        self._ended = False
        self.lost = False

    def at_end(self) -> bool:
        return self._at >= len(self._window) and not self._more()

    def at(self, character: str) -> bool:
        return self._window.startswith(character, self._at)

    def skip(self, characters: str) -> None:
        while not self.at_end() and self._window[self._at] in characters:
            self._at += 1

    def value(self, decoder: json.JSONDecoder, number: int) -> Item:
        while True:
            try:
                _, end = found = decoder.raw_decode(self._window, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or len(self._window) - self._at > LONGEST or not self._more():
                    self.lost = True
                    return Problem(number, f"{_why(error)}; the rest of the file was not read")
                continue
            text, self._at = self._window[self._at : end], end
            return _sound(number, found[0], text)

    def _more(self) -> bool:
        """Read as much again as is left; False at the end of the file."""
        left = self._window[self._at :]
        raw = b"" if self._ended else self._file.read(max(_CHUNK, len(left)))
        self._ended = not raw
        self._window, self._at = left + self._decode(raw, self._ended), 0
        return len(self._window) > len(left) or bool(raw)


def _unfinished(raw: bytes | None) -> bool:
    """Whether a first line begins an object that later lines go on with."""
    return raw is not None and raw.rstrip().endswith((b",", b"{", b"["))


def _read(number: int, raw: bytes) -> Item:
    try:
        text = raw.decode("utf-8")
        return _sound(number, json.loads(text), text)
    except UnicodeDecodeError as error:
        return Problem(number, f"byte {error.start + 1} is not UTF-8")
    except (ValueError, RecursionError) as error:
        return Problem(number, _why(error))


def _sound(number: int, value: Any, text: str) -> Item:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return Problem(number, "it is not UTF-8")
    if text.count("{") + text.count("[") > _DEEPEST and _too_deep(value):
        return Problem(number, f"it is nested more than {_DEEPEST} deep")
    return number, value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _why(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested more than {_DEEPEST} deep"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg[0].lower()}{error.msg[1:]} at character {error.colno}"
    return f"it is not JSON: {error}"
