"""Whether two values are one argument: to the letter, by whatever collation their column compares.

`x VARCHAR COLLATE NOCASE` holds 'RED' equal to 'red'. A model does not, so the answer for one is never the other's. Texts are compared by
DuckDB's collation `binary`; lists and structs of texts keep theirs, and are told apart by their hashes, which no collation enters.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from rvbbit.sql import sorted_lists


def exactly(argument: exp.Expr, type_: str) -> exp.Expr:
    """A text that is compared to the letter, a list of a group's texts that is sorted so; any other value as it is."""
    if type_ == "VARCHAR[]":
        for item in sorted_lists.items(argument):
            item.replace(_binary(item.copy()))
    return _binary(argument) if type_ == "VARCHAR" else argument


def _binary(text: exp.Expr) -> exp.Expr:
    if isinstance(text, exp.Literal):
        return text
    plain = text if isinstance(text, exp.Column | exp.Paren) else exp.paren(text, copy=False)
    return exp.Collate(this=plain, expression=exp.to_identifier("binary", quoted=True))


def same(one: exp.Expr, other: exp.Expr, type_: str) -> exp.Expr:
    """Whether two values, `exactly` where they are texts, are the same."""
    equal = exp.EQ(this=one, expression=other)
    return exp.and_(equal, exp.EQ(this=hashed([one]), expression=hashed([other])), copy=False) if _holds_texts([type_]) else equal


def distinct(query: exp.Select, columns: Iterable[exp.Expr], types: Iterable[str]) -> exp.Select:
    """A query's distinct rows; `columns` are all that it has, or the value of each."""
    if not _holds_texts(types):
        return query.distinct(copy=False)
    return query.distinct(*(one.copy() for one in columns), hashed(columns), copy=False)


def hashed(values: Iterable[exp.Expr]) -> exp.Expr:
    """What differs where values differ in a letter."""
    return exp.Anonymous(this="hash", expressions=[value.copy() for value in values])


def _holds_texts(types: Iterable[str]) -> bool:
    """Whether some are lists, structs and the like with texts in them."""
    return any(type_ != "VARCHAR" and ("VARCHAR" in type_ or type_ == "JSON") for type_ in types)
