"""A query's parameters under names of their own, so that a part of the query can take just the ones it uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from rvbbit.errors import UsageError


def named(tree: exp.Expr, values: Sequence[Any] | Mapping[str, Any] | None) -> dict[str, Any]:
    """Rename `?`, `$1` and `$name` to `$p_…` in the tree and give their values under those names. Raises UsageError on a mismatch."""
    marks = sorted((n for n in tree.find_all(exp.Placeholder) if not n.args.get("this")), key=lambda n: int(n.meta["token"]))
    dollars = [*tree.find_all(exp.Parameter), *(n for n in tree.find_all(exp.Placeholder) if n.args.get("this"))]
    given = _by_name(values)
    found: dict[str, Any] = {}
    for index, mark in enumerate(marks, start=1):
        found[f"p_{index}"] = _value(given, str(index), f"parameter {index}")
        mark.replace(exp.Parameter(this=exp.var(f"p_{index}")))
    for dollar in dollars:
        name = dollar.name
        found[f"p_{name}"] = _value(given, name, f"${name}")
        dollar.replace(exp.Parameter(this=exp.var(f"p_{name}")))
    expected = len(marks) or len({d.name for d in dollars})
    if values is not None and len(given) != expected:
        raise UsageError(f"{len(given)} parameters were given and {expected} are used", hint="give one value for each ? or $name")
    return found


def _by_name(values: Sequence[Any] | Mapping[str, Any] | None) -> dict[str, Any]:
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {str(key): value for key, value in values.items()}
    return {str(index): value for index, value in enumerate(values, start=1)}


def _value(given: dict[str, Any], name: str, label: str) -> Any:
    if name not in given:
        raise UsageError(f"{label} has no value", hint="pass params: a list for ? and $1, a mapping for $name")
    return given[name]
