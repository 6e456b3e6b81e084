"""Results whose types Arrow cannot hold: DuckDB would hand them over as other values (a UHUGEINT beyond 2^127 as a negative number, a time
without its zone, bits as bytes of DuckDB's own). They become text, also inside lists, structs and maps."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
from duckdb.sqltypes import DuckDBPyType

_AS_TEXT = frozenset({"bit", "uhugeint", "time with time zone", "bignum"})
_NESTED = frozenset({"list", "array", "struct", "tuple", "map"})


def rows(relation: duckdb.DuckDBPyRelation) -> pa.Table:
    """The rows of a relation, with such columns as text."""
    if all(_held(kind) for kind in relation.types):
        return relation.to_arrow_table()
    columns = [f"#{place}" if _held(kind) else f"CAST(#{place} AS {_texted(kind)})" for place, kind in enumerate(relation.types, 1)]
    return relation.project(", ".join(columns)).to_arrow_table().rename_columns(relation.columns)


def _held(kind: DuckDBPyType) -> bool:
    if kind.id in _NESTED:
        return all(_held(child) for _, child in kind.children if isinstance(child, DuckDBPyType))
    return kind.id not in _AS_TEXT


def _texted(kind: DuckDBPyType) -> str:
    """The type as SQL, with VARCHAR in place of what Arrow cannot hold."""
    if _held(kind):
        return str(kind)
    parts: list[tuple[str, Any]] = list(kind.children) if kind.id in _NESTED else []
    children = dict(parts)
    if kind.id == "struct":
        return f"STRUCT({', '.join(f'{_quoted(name)} {_texted(child)}' for name, child in children.items())})"
    if kind.id == "tuple":  # Arrow has its parts by these names
        return f"STRUCT({', '.join(f'element{place} {_texted(child)}' for place, (_, child) in enumerate(parts, 1))})"
    if kind.id == "map":
        return f"MAP({_texted(children['key'])}, {_texted(children['value'])})"
    if kind.id == "list":
        return f"{_texted(children['child'])}[]"
    if kind.id == "array":
        return f"{_texted(children['child'])}[{children['size']}]"
    return "VARCHAR"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
