"""A statement whose COUNT, SUM and AVG get intervals: who answers its one question, what is known to be right, and the columns beside.

Without a sample the model is asked for everything, and what people verified corrects it. With one, the model is asked for a random sample,
a student predicts the rest, and the sample corrects that. ADR 26, `docs/intervals.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from sqlglot import exp

from rvbbit.cascades.student_stage import shuffled
from rvbbit.engine.query import Query
from rvbbit.errors import SQLError
from rvbbit.execution import answers, database, prediction_powered
from rvbbit.execution.arguments import converted
from rvbbit.execution.prediction_powered import FEWEST, Array, Contributions, Interval
from rvbbit.sql import lowering
from rvbbit.sql.intervals import ADDED, ANSWER, ARGUMENT, KEY, Aggregate, Measured, measured
from rvbbit.sql.plan import Ask
from rvbbit.sql.statements import Hints
from rvbbit.training.questions import canonical
from rvbbit.types import Answer, Arguments, Notice, Value

Verified: TypeAlias = Callable[[str], Mapping[str, Value]]
"""An operator's name → what people vouch for: canonical arguments → the answer that holds."""

Group: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the hints of a statement ask for. `sample` questions are asked; None: all."""

    measured: Measured
    level: float
    sample: int | None

    @classmethod
    def of(cls, tree: exp.Expr, whole: Hints, local: Sequence[tuple[int, Hints]], aggregates: Set[str]) -> Wanted | None:
        """None where they ask for no interval; else the statement gets further columns. Raises SQLError for what has none."""
        said = _together(whole, local)
        if said.interval is None:
            return None
        return cls(measured(tree, aggregates), said.interval, said.sample)

    def asked(self, ask: Ask, arguments: Sequence[Arguments], query: Query) -> Sequence[Arguments]:
        """Those of the questions that will be asked: a random sample, the same for the same questions. Raises as a run would."""
        if self.sample is None:
            return arguments
        query.check_predicts(ask, arguments)
        return [arguments[place] for place in shuffled(arguments)[1][: self.sample]]


def check_sample(whole: Hints, local: Sequence[tuple[int, Hints]], *, factored: bool) -> None:
    """Raises SQLError where hints say how large a sample is, and none is taken: for no interval, nor for labels in place of pairs."""
    said = _together(whole, local)
    if said.sample is not None and said.interval is None and not factored:
        raise SQLError(
            "hint sample: there is no interval, and no join that labels could answer",
            hint="say both: `-- @ interval: 0.95` and `-- @ sample: 200`",
        )


def _together(whole: Hints, local: Sequence[tuple[int, Hints]]) -> Hints:
    said = whole
    for _, hints in local:
        said = hints.over(said)
    return said


@dataclass(slots=True)
class Measuring:
    """One measured statement as it runs. `predicted` are the answers it goes by, `known` those that are known to be right, by question."""

    measured: Measured
    level: float
    sample: int | None
    query: Query
    verified: Verified
    predicted: dict[str, Value] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)

    def answer(self, ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        """Answers for the executor. Raises as the query's."""
        if self.sample is None:
            answered = self.query.answer(ask, arguments)
            held = self.verified(ask.operator.name)
            for given, answer in zip(arguments, answered, strict=True):
                key = canonical(dict(given))
                self.predicted[key] = answer.value
                if key in held:
                    self.known[key] = held[key]
            return answered
        return self._sampled(ask, arguments, self.sample)

    def _sampled(self, ask: Ask, arguments: Sequence[Arguments], sample: int) -> list[Answer]:
        self.query.check_predicts(ask, arguments)
        places = shuffled(arguments)[1][:sample]
        asked = dict(zip(places, self.query.answer(ask, [arguments[place] for place in places]), strict=True))
        said = self.query.predicted(ask, arguments, asked)
        for place, given in enumerate(arguments):
            key = canonical(dict(given))
            self.predicted[key] = said[place]
            if place in asked and asked[place].error is None:
                self.known[key] = asked[place].value
        if len(arguments) > len(places):
            self.query.say(
                Notice(f"the student predicts {len(arguments) - len(places):,} of {len(arguments):,} {ask.operator.name.upper()}, unlogged")
            )
        return [asked.get(place) or Answer(value, student=True) for place, value in enumerate(said)]

    def beside(self, connection: duckdb.DuckDBPyConnection, table: pa.Table, values: Mapping[str, Any]) -> pa.Table:
        """The statement's rows with a low and a high column beside each aggregate, its further columns taken off."""
        rows = _run(connection, self.measured.rows, values)
        population = _Population(self, _Truth(connection, self, values), rows)
        shown = table.num_columns - self.measured.keys
        groups: list[Group] = list(zip(*(table.column(shown + i).to_pylist() for i in range(self.measured.keys)), strict=True))
        groups = groups or [()] * table.num_rows
        columns: list[tuple[str, pa.ChunkedArray | pa.Array]] = []
        by_place = {one.place: one for one in self.measured.aggregates}
        found: dict[int, list[Interval | None]] = {}
        for place in range(shown):
            name, column = table.column_names[place], table.column(place)
            if place in by_place:
                found[place] = [population.interval(by_place[place], group) for group in groups]
                column = column if self.sample is None else _corrected(column, found[place])
            columns.append((name, column))
            if place in by_place:
                for end in ("low", "high"):
                    ends = [None if one is None else getattr(one, end) for one in found[place]]
                    columns.append((f"{name}_{end}", pa.array(ends, pa.float64())))
        self._tell(groups, found)
        return pa.Table.from_arrays([column for _, column in columns], names=[name for name, _ in columns])

    def _tell(self, groups: Sequence[Group], found: Mapping[int, Sequence[Interval | None]]) -> None:
        total, known = len(self.predicted), len(self.known)
        who = "verified" if self.sample is None else "sampled"
        said = f"intervals of {self.level:g}, by {known:,} {who} of {total:,} questions"
        self.query.say(Notice(said if self.sample is not None else f"{said}, taken to be drawn at random"))
        missing = sum(any(ends[row] is None for ends in found.values()) for row in range(len(groups)))
        if missing:
            what = f"{missing:,} of {len(groups):,} rows have no interval: each needs {FEWEST} {who} questions"
            mend = "verify some drawn at random: `rvbbit training review --order random`" if self.sample is None else "ask a larger sample"
            self.query.say(Notice(f"{what}; {mend}", "warning"))


class _Truth:
    """Whether the statement's condition holds of an answer, as DuckDB sees it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, measuring: Measuring, values: Mapping[str, Any]) -> None:
        distinct = {canonical(value): value for value in (*measuring.predicted.values(), *measuring.known.values())}
        array = answers.array(list(distinct.values()), measuring.measured.call.operator)
        name = "__rv_measured"
        connection.register(name, pa.table({ANSWER: array}))
        try:
            held = _run(connection, f"SELECT {lowering.written(measuring.measured.holds)} FROM {name}", values)
        finally:
            connection.unregister(name)
        self._held = dict(zip(distinct, (one is True for one in held.column(0).to_pylist()), strict=True))

    def holds(self, value: Value) -> bool:
        return self._held[canonical(value)]


class _Population:
    """The rows that could be counted, by group and question."""

    def __init__(self, measuring: Measuring, truth: _Truth, rows: pa.Table) -> None:
        self._measuring = measuring
        self._truth = truth
        measured = measuring.measured
        parameters = measured.call.operator.parameters
        given = [rows.column(f"{ARGUMENT}{i}").to_pylist() for i in range(len(measured.call.arguments))]
        keys = [rows.column(f"{KEY}{i}").to_pylist() for i in range(measured.keys)]
        self._added = [rows.column(name).to_pylist() for name in rows.column_names if name.startswith(ADDED)]
        self._groups: dict[Group, dict[str, list[int]]] = {}
        for row in range(rows.num_rows):
            arguments = {one.name: converted(column[row], one) for one, column in zip(parameters, given, strict=False)}
            question = canonical(arguments)
            if question in measuring.predicted:
                group = tuple(column[row] for column in keys)
                self._groups.setdefault(group, {}).setdefault(question, []).append(row)

    def interval(self, aggregate: Aggregate, group: Group) -> Interval | None:
        questions = self._groups.get(group, {})
        if not questions:
            return None
        counted, most = self._contributions(questions, aggregate, adds=False)
        if aggregate.kind == "count":
            return prediction_powered.count(counted, most, self._measuring.level)
        summed, _ = self._contributions(questions, aggregate, adds=True)
        if aggregate.kind == "sum":
            return prediction_powered.total(summed, self._measuring.level)
        return prediction_powered.mean(summed, counted, self._measuring.level)

    def _contributions(self, questions: Mapping[str, Sequence[int]], aggregate: Aggregate, *, adds: bool) -> tuple[Contributions, Array]:
        """What each question's rows add where they are counted: their values, or one each where a value is there. And if all were."""
        weights, predicted, known, sample = [], [], [], []
        for place, (question, rows) in enumerate(questions.items()):
            weight = sum(self._adds(aggregate, row, adds=adds) for row in rows)
            weights.append(weight)
            predicted.append(weight * self._truth.holds(self._measuring.predicted[question]))
            if question in self._measuring.known:
                sample.append(place)
                known.append(weight * self._truth.holds(self._measuring.known[question]))
        found = Contributions(np.array(predicted, np.float64), np.array(sample, np.intp), np.array(known, np.float64))
        return found, np.array(weights, np.float64)

    def _adds(self, aggregate: Aggregate, row: int, *, adds: bool) -> float:
        if aggregate.added is None:
            return 1.0
        value = self._added[aggregate.added][row]
        return 0.0 if value is None else float(value) if adds else 1.0


def _corrected(column: pa.ChunkedArray, found: Sequence[Interval | None]) -> pa.Array:
    """Of a sample: the estimates in place of what the student's answers alone come to."""
    whole = pa.types.is_integer(column.type)
    given = zip(column.to_pylist(), found, strict=True)
    values = [round(one.estimate) if whole and one else one.estimate if one else _number(value, whole=whole) for value, one in given]
    return pa.array(values, column.type if whole else pa.float64())


def _number(value: Any, *, whole: bool) -> Any:
    """What a group without an interval keeps: SUM of integers is a Decimal."""
    return value if whole or value is None else float(value)


def _run(connection: duckdb.DuckDBPyConnection, query: Any, values: Mapping[str, Any]) -> pa.Table:
    text = query if isinstance(query, str) else lowering.written(query)
    used = {name: value for name, value in values.items() if f"${name}" in text}
    return database.run(connection, text, used)
