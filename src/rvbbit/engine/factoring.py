"""Whether labels may stand for questions about pairs: some pairs are answered both ways before a statement runs, and the figures are told.

It asks through whoever runs statements, so that what the sample takes is counted, kept in the log and within the query's budget. The same
statement over the same rows samples the same pairs, so it pays for them once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
from sqlglot import exp

from rvbbit.engine.query import Query
from rvbbit.errors import SQLError
from rvbbit.pairwise import agreement
from rvbbit.result import AskFigures
from rvbbit.sql.dialect import Call
from rvbbit.sql.factored import Factored
from rvbbit.sql.factors import BOTH, FIRST, LEFT, RIGHT, compared, drawn, first, sizes
from rvbbit.sql.plan import Ask
from rvbbit.sql.statements import Hints
from rvbbit.types import Notice, Value

SAMPLE = 32
"""Pairs that are answered both ways; with a LIMIT half as many as rows are wanted, FEWEST at least."""
FEWEST = 4
DRAWN = 4
"""So many times the sample is drawn and labelled: half of the sample are to be pairs that the labels call TRUE."""
TEXTS = 256
"""The pairs drawn are those of so many texts of each side, where these make enough."""
LOOKED_AT = FIRST
"""Rows that are looked at to see whether there are more pairs than texts, and more than are kept for a LIMIT."""

Pair = tuple[str, str]
Rows = Callable[[Query, exp.Expr, Hints | None], pa.Table]
"""The rows of SQL with questions, on behalf of a query, under hints (None: those of the statement). Raises as a statement does."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one question about pairs: `holds` says whether labels stand for it, `why` in words, `calls` what the sample took.

    Of `sampled` pairs `agreed` were answered alike; 0 where none were sampled. `many`: there are more than are kept for a LIMIT.
    """

    factored: Factored
    holds: bool
    why: str
    sampled: int = 0
    agreed: int = 0
    calls: int = 0
    many: bool = False

    @property
    def note(self) -> str:
        """For the plan."""
        if self.holds:
            return f"labels in place of {self.factored.typed}: {self.why}"
        return f"not by labels, {self.factored.by}: {self.why}"

    @property
    def notice(self) -> Notice:
        """For whoever runs it."""
        off = "`-- @ factorize: off` asks about each pair"
        if self.holds:
            return Notice(f"{self.factored.typed} is answered by labels, {self.factored.by}: {self.why}. {off}")
        return Notice(f"{self.factored.typed} is asked about each pair, not by labels: {self.why}", "warning" if self.sampled else "info")


class Unreadable(Exception):
    """The pairs of a statement that runs cannot be read by themselves. It is no error of the statement's."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Those of one statement, as it was parsed (`tree`). `rows` runs queries, `read` parses what operators' files say."""

    tree: exp.Expr
    connection: duckdb.DuckDBPyConnection
    rows: Rows
    read: Callable[[str], exp.Expr]
    relation: str

    def expected(self, factored: Factored, query: Query, *, asking: bool = False) -> Verdict:
        """What is known before a pair is asked about; before anything is, unless `asking`: the rows of a table may take questions."""
        wanted = agreement(factored.hints.factorize)
        spared, many = self._spared(factored, query, asking=asking)
        if spared is not None:
            return Verdict(factored, False, spared)
        size = sample_size(factored)
        told = f"if {wanted:g} of {size} sampled pairs agree, which takes up to {size} more questions" if wanted else "unchecked"
        return Verdict(factored, True, told, many=many)

    def settled(self, factored: Factored, query: Query) -> Verdict:
        """The same after asking. Raises as a statement does."""
        before = query.usage().calls
        expected = self.expected(factored, query, asking=True)
        wanted = agreement(factored.hints.factorize)
        if not (expected.holds and wanted):
            return expected
        alike = self._compared(factored, query)
        calls = query.usage().calls - before
        if not alike:
            return Verdict(factored, False, "no pair could be answered both ways", calls=calls)
        agreed = sum(alike)
        holds = agreed >= wanted * len(alike)
        told = f"{agreed} of {len(alike)} sampled pairs agree, {wanted:g} wanted; to see that took {calls:,} calls"
        return Verdict(factored, holds, told, len(alike), agreed, calls, expected.many)

    def _spared(self, factored: Factored, query: Query, *, asking: bool) -> tuple[str | None, bool]:
        """Why asking about each pair takes no more questions, None where it does; and whether there are many pairs."""
        part = first(self.tree, factored, LOOKED_AT)
        if part is None:
            return "its pairs cannot be read by themselves", False
        if not asking and part.find(Call) is not None:
            return None, False
        rows = self._read(part, query)
        pairs, many = set(rows), len(rows) == LOOKED_AT
        texts = {text for pair in pairs for text in pair}
        if factored.operator.pairs.symmetric:
            pairs = {(min(pair), max(pair)) for pair in pairs}
        by_pairs, by_labels = float(len(pairs)), float(len(texts))
        if many:
            by_pairs, by_labels = self._foreseen(factored, rows, query)
        if factored.limit is not None:  # half of the pairs are taken to pass; of m texts there are m²/2 pairs
            by_pairs, by_labels = min(by_pairs, 2.0 * factored.limit), min(by_labels, 2 * math.sqrt(factored.limit))
        checked = sample_size(factored) if agreement(factored.hints.factorize) else 0
        if by_pairs <= by_labels + checked:
            return f"{by_pairs:,.0f} pairs take no more questions than {by_labels:,.0f} labels and a sample of {checked}", many
        return None, many

    def _foreseen(self, factored: Factored, rows: Sequence[Pair], query: Query) -> tuple[float, float]:
        """How many pairs and texts there are, by the first of many rows: each text of a side meets as many as those that were seen there.

        The side whose texts come one after another says it; of the other one all may be seen already, each with few of its pairs.
        """
        part = sizes(self.tree, factored)
        assert part is not None  # its pairs were read before
        (size,) = self._rows(part, query).to_pylist()
        seen = {name: len({pair[place] for pair in rows}) for place, name in enumerate((LEFT, RIGHT))}
        return len(set(rows)) * max(1.0, *(size[name] / met for name, met in seen.items())), float(size[BOTH])

    def _compared(self, factored: Factored, query: Query) -> list[bool]:
        """Whether each sampled pair is answered alike, those left out that have no answer."""
        size = sample_size(factored)
        by_labels = self._answers(self._drawn(factored, size, query), factored, query, labels=True)
        chosen = balanced(by_labels, size)
        by_pairs = self._answers(chosen, factored, query, labels=False)
        return [by_labels[pair] is said for pair, said in by_pairs.items() if said is not None]

    def _drawn(self, factored: Factored, size: int, query: Query) -> list[Pair]:
        """Pairs to choose the sample from; with a LIMIT those of the first rows, which are labelled first in any case."""
        parts = [drawn(self.tree, factored, 2 * DRAWN * size, texts) for texts in (TEXTS, None)]
        if factored.limit is not None:
            parts.insert(0, first(self.tree, factored, max(2 * factored.limit, size)))
        found: list[Pair] = []
        for part in parts:
            assert part is not None  # it was read before
            found = list(dict.fromkeys(self._read(part, query)))
            if factored.operator.pairs.symmetric:
                found = list(dict.fromkeys((min(pair), max(pair)) for pair in found))
            if len(found) >= size:
                break
        return found[: DRAWN * size]

    def _read(self, part: exp.Expr, query: Query) -> list[Pair]:
        """The pairs that a query of ours finds. Raises Unreadable where DuckDB does not know what it names, else as a statement does."""
        rows = self._rows(part, query)
        return list(zip(rows[LEFT].to_pylist(), rows[RIGHT].to_pylist(), strict=True))

    def _rows(self, part: exp.Expr, query: Query) -> pa.Table:
        """The same, of any query of ours."""
        try:
            return self.rows(query, part, None)
        except SQLError as error:
            if isinstance(error.__cause__, duckdb.BinderException | duckdb.CatalogException):
                raise Unreadable(error.message) from error
            raise

    def _answers(self, pairs: Sequence[Pair], factored: Factored, query: Query, *, labels: bool) -> dict[Pair, Value]:
        if not pairs:
            return {}
        columns = {name: pa.array([pair[place] for pair in pairs], pa.string()) for place, name in enumerate((LEFT, RIGHT))}
        self.connection.register(self.relation, pa.table(columns))
        try:
            part = compared(factored.operator, self.relation, self.read, labels=labels)
            found = self.rows(query, part, factored.hints)
        finally:
            self.connection.unregister(self.relation)
        return {(row[LEFT], row[RIGHT]): row["answer"] for row in found.to_pylist()}


def sample_size(factored: Factored) -> int:
    """How many pairs are answered both ways."""
    if factored.hints.sample is not None:
        return factored.hints.sample
    return SAMPLE if factored.limit is None else min(SAMPLE, max(FEWEST, math.ceil(factored.limit / 2)))


def balanced(answers: dict[Pair, Value], size: int) -> list[Pair]:
    """So many pairs, half of them TRUE where there are so many; those without an answer say nothing."""
    true, false = ([pair for pair, said in answers.items() if said is value] for value in (True, False))
    half = min(len(true), max(size // 2, size - len(false)))
    return true[:half] + false[: size - half]


def settle(checks: Factors | None, factored: Sequence[Factored], query: Query, *, asking: bool) -> list[Verdict]:
    """A verdict a question; none is asked about where `asking` is not."""
    if checks is None:
        return []
    found = [_verdict(checks, one, query, asking=asking) for one in factored]
    for verdict in found if asking else ():
        query.say(verdict.notice)
    return found


def _verdict(checks: Factors, factored: Factored, query: Query, *, asking: bool) -> Verdict:
    before = query.usage().calls
    try:
        return checks.settled(factored, query) if asking else checks.expected(factored, query)
    except Unreadable as error:
        return Verdict(factored, False, f"its pairs cannot be read by themselves: {error}", calls=query.usage().calls - before)


def note_of(verdicts: Sequence[Verdict], ids: Sequence[int]) -> str | None:
    """What the plan says beside the question that covers some calls."""
    notes = [one.note for one in verdicts if (min(one.factored.labels) if one.holds else one.factored.call) in ids]
    return "; ".join(notes) or None


def noted(verdicts: Sequence[Verdict], figures: Callable[[Ask], AskFigures | str]) -> Callable[[Ask], AskFigures | str]:
    """Figures of questions, and beside them whether labels stand for pairs."""

    def beside(ask: Ask) -> AskFigures | str:
        found, note = figures(ask), note_of(verdicts, ask.covers)
        if note is None:
            return found
        if isinstance(found, str):
            return f"{found}; {note}"
        return replace(found, note=note if found.note is None else f"{found.note}; {note}")

    return beside
