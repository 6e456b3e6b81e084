"""The error tree: what is drawn is what there is, and every class can be told apart by a machine and a person."""

from __future__ import annotations

import inspect
import re

import pytest

from rvbbit import errors
from rvbbit.errors import CascadeInvalid, Error, RateLimited, SQLSyntaxError


def tree(root: type[Error] = Error) -> list[type[Error]]:
    return [root, *(found for child in root.__subclasses__() if child.__module__ == errors.__name__ for found in tree(child))]


def drawn() -> dict[str, str]:
    """Each class in the drawing and its parent there, read from the indentation."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^( *(?:│ +)*(?:[├└]── )?)([A-Z]\w*Error|Error|[A-Z]\w+)(?: {2,}|$)", line)
        if not match or not (match[1].endswith("── ") or match[2] == "Error"):
            continue
        depth = len(match[1])
        while above and above[-1][0] >= depth:
            above.pop()
        parents[match[2]] = above[-1][1] if above else "Exception"
        above.append((depth, match[2]))
    return parents


CLASSES = tree()
by_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def test_the_tree_drawn_is_the_tree_in_code() -> None:
    assert drawn() == {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES}


def test_every_class_in_the_module_is_in_the_tree() -> None:
    defined = {cls for _, cls in inspect.getmembers(errors, inspect.isclass) if cls.__module__ == errors.__name__}
    assert defined == set(CLASSES)


def test_codes_are_unique() -> None:
    codes = [cls("x").code for cls in CLASSES]
    assert len(set(codes)) == len(codes)


@by_class
def test_a_code_is_the_class_in_snake_case(cls: type[Error]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", cls("x").code)
    assert cls("x").code.replace("_", "") == cls.__name__.lower()


def test_codes_keep_abbreviations_together() -> None:
    assert SQLSyntaxError("x").code == "sql_syntax_error"


@by_class
def test_sqlstates_have_five_characters_of_the_standard(cls: type[Error]) -> None:
    assert re.fullmatch(r"[0-9A-Z]{5}", cls.sqlstate)


@by_class
def test_no_error_looks_like_success(cls: type[Error]) -> None:
    assert 400 <= cls.http_status < 600
    assert cls.exit_code in {1, 2, 3, 130}
    assert not cls.sqlstate.startswith(("00", "01", "02"))


@by_class
def test_only_what_nobody_foresaw_is_an_internal_error(cls: type[Error]) -> None:
    assert (cls.sqlstate == "XX000") == (cls is Error)


@by_class
def test_every_class_takes_a_hint_and_says_when_it_is_met(cls: type[Error]) -> None:
    error = cls("what happened", hint="what to do")
    assert (str(error), error.message, error.hint) == ("what happened", "what happened", "what to do")
    assert cls("x").hint is None
    assert cls.__doc__
    assert cls.__doc__.rstrip().endswith(".")


def test_special_fields_survive() -> None:
    assert CascadeInvalid("x", problems=("a:1: k: w",)).problems == ("a:1: k: w",)
    assert (RateLimited("x", retry_after=2.5).retry_after, RateLimited("x").status) == (2.5, 429)
    placed = SQLSyntaxError("x", line=3, column=9)
    assert (placed.line, placed.column) == (3, 9)
