"""One statement at a time: plain ones go to DuckDB as they were written, semantic ones through binder, rules and executor."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from rvbbit.engine.alternatives import Ways, sample_target
from rvbbit.engine.explaining import after, before, sampled_below, say, told
from rvbbit.engine.factoring import Factors, settle
from rvbbit.engine.intervals import Measuring, Verified, Wanted, check_sample
from rvbbit.engine.planned import Planned
from rvbbit.engine.query import Query
from rvbbit.engine.searching import Searched, Searching
from rvbbit.errors import Error, SQLError, SQLSyntaxError
from rvbbit.execution import database, keys
from rvbbit.execution.database import STORE, Parameters
from rvbbit.execution.executor import Executor
from rvbbit.execution.mirrored import Answerer
from rvbbit.execution.questions import Asking
from rvbbit.sql import compared, lowering, parameters
from rvbbit.sql.binder import bind
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.factors import Factoring, Many, has_factors, is_short
from rvbbit.sql.origins import Keyed
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.rules import optimise
from rvbbit.sql.schema import Schema
from rvbbit.sql.search import Search
from rvbbit.sql.searches import holds_searches, take_out, with_types
from rvbbit.sql.statements import Hints, Statement, split
from rvbbit.sql.suggest import improved, located, missing
from rvbbit.types import Notice

_prefixes = itertools.count(1)
_apart = itertools.count(2_000_000, 1_000)
"""Ids of questions that a statement's own are not among."""
_BEFORE = {"EXPLAIN", "ANALYZE", "PREPARE"}
_CHANGES = {"INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "MERGE", "TRUNCATE", "COPY", "DETACH"}
_IMPORTS = ("IMPORT", "DATABASE")
_SETS_PATH = {"SET", "USE", "PRAGMA"}
"""First words of statements after which names without a schema may mean something else."""
WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Drop, exp.Alter, exp.Create, exp.Merge, exp.TruncateTable)


@dataclass(slots=True)
class Statements:
    """Runs statements on one connection. `grammar` is asked before each, so a changed operator file counts from the next statement on.

    `show` is told of each before DuckDB is, and brings here what it names of a log that is kept elsewhere. `at_once`: model calls in
    flight at most. `accuracy` is the settings' target. `beside` leaves the user's own functions theirs, which operators' files do not call.
    `broken` is the error for an operator by a name that only a broken file has.
    """

    connection: duckdb.DuckDBPyConnection
    grammar: Callable[[], Grammar]
    aggregates: frozenset[str]
    beside: Callable[[Grammar], Grammar] = field(default=lambda grammar: grammar)
    show: Callable[[Statement], None] = field(default=lambda _: None)
    at_once: int = 64
    searching: Searching | None = None
    ways: Ways = field(default=lambda ask, model: ())
    verified: Verified = field(default=lambda operator: {})
    broken: Callable[[str], Error | None] = field(default=lambda name: None)
    in_transaction: bool = field(default=False)
    accuracy: float | None = None
    tables: keys.Tables = field(init=False)

    def __post_init__(self) -> None:
        self.tables = keys.Tables(self.connection)

    def run(self, statement: Statement, values: Parameters, query: Query) -> pa.Table:
        """The statement's rows. Raises our errors, their line counted in the script."""
        with _placed(statement):
            self.show(statement)
            if sampled := sample_target(statement):
                return self._sampled(*sampled, values, query)
            if (target := explain_target(statement)) and (found := self.plan(target[0], values)):
                if target[1]:
                    self._refuse_making_what_is_there(found.plan.statement)
                settled = self._settled(found, target[0], query, asking=target[1])
                return self._analyzed(settled, target[0], query) if target[1] else self._explained(settled, query)
            planned = self.plan(statement, values)
            if planned is None:
                return self._plain(statement, values, query)
            self._refuse_making_what_is_there(planned.plan.statement)
            return self._execute(self._settled(planned, statement, query, asking=True), statement, query)

    def explain(self, statement: Statement, values: Parameters, query: Query) -> pa.Table:
        """The plan of a statement, semantic or plain, as rows of text. Nothing is asked, unless it says SAMPLE."""
        with _placed(statement):
            self.show(statement)
            if sampled := sample_target(statement):
                return self._sampled(*sampled, values, query)
            target, _ = explain_target(statement) or (statement, False)
            planned = self.plan(target, values)
            if planned is None:
                return self._plain(replace(target, text=f"EXPLAIN {target.text}"), values, query)
            return self._explained(self._settled(planned, target, query, asking=False), query)

    def _settled(self, planned: Planned, statement: Statement, query: Query, *, asking: bool) -> Planned:
        """With labels where pairs answered both ways agree, and without where they do not. Raises as running it does."""
        if planned.factors is None or planned.again is None:
            return planned
        query.lower_budget(planned.budget)
        try:
            verdicts = settle(planned.factors, planned.plan.factored, query, asking=asking)
        except SQLError as error:
            raise located(error, statement) from error
        refused = frozenset(one.factored.call for one in verdicts if not one.holds)
        many = any(one.many and one.holds and one.factored.limit is not None for one in verdicts)
        again, more = planned.again, partial(planned.again, refused, "all") if many else None
        return replace(again(refused, "first" if many else "") if refused or many else planned, verdicts=verdicts, more=more)

    def _execute(self, planned: Planned, statement: Statement, query: Query, *, counting: bool = False) -> pa.Table:
        say(planned.plan, query)
        query.lower_budget(planned.budget)
        try:
            if planned.wanted is not None:
                return self._measured(planned, planned.wanted, query, counting=counting)
            rows = self._executor(planned, query, counting=counting).run(planned.plan, planned.values, in_transaction=self.in_transaction)
            if planned.more is not None and is_short(planned.plan.statement, rows.num_rows):
                return self._execute(planned.more(), statement, query, counting=counting)
            return rows
        except SQLError as error:
            raise located(error, statement) from error

    def _measured(self, planned: Planned, wanted: Wanted, query: Query, *, counting: bool) -> pa.Table:
        """The statement with its intervals, all read in one transaction."""
        measuring = Measuring(wanted.measured, wanted.level, wanted.sample, query, self.verified)
        executor = self._executor(planned, query, counting=counting, answer=measuring.answer)
        with database.transaction(self.connection, in_transaction=self.in_transaction):
            table = executor.run(planned.plan, planned.values, in_transaction=True)
            return measuring.beside(self.connection, table, planned.values)

    def _explained(self, planned: Planned, query: Query) -> pa.Table:
        """What is known before any call is made."""
        ready = self._executor(planned, query).ready(planned.plan, planned.values)
        return told(before(planned, query, ready, self._searched(planned)), query)

    def _sampled(self, size: int, target: Statement, values: Parameters, query: Query) -> pa.Table:
        """What is known before any call is made, and below it the other ways there are, measured on a few rows."""
        planned = self.plan(target, values)
        if planned is None:
            return self._plain(replace(target, text=f"EXPLAIN {target.text}"), values, query)
        query.lower_budget(planned.budget)
        planned = self._settled(planned, target, query, asking=False)
        self._explained(planned, query)
        assert query.plan is not None
        ready = list(self._executor(planned, query).ready(planned.plan, planned.values))
        return told(sampled_below(query.plan, query, ready, size, self.ways), query)

    def _analyzed(self, planned: Planned, statement: Statement, query: Query) -> pa.Table:
        """What happened: the statement is run, its rows are counted and not shown."""
        rows = self._execute(planned, statement, query, counting=True)
        return told(after(planned, query, rows.num_rows, self._searched(planned)), query)

    def _executor(self, planned: Planned, query: Query, *, counting: bool = False, answer: Answerer | None = None) -> Executor:
        """`answer` stands between the executor and the query, where given."""

        def find(search: Search, parameters: Mapping[str, Any]) -> pa.Table:
            assert self.searching is not None
            return self.searching.find(query, planned.columns[search.name].rows(self.connection, parameters))

        asking = Asking(answer or query.answer)
        if answer is None:
            asking = Asking(query.answer, query.recall, query.cost, self.at_once, query.closeness, query.judged, query.ordered)
        prefix, counted = f"__rv{next(_prefixes)}", query.counted if counting else None
        embed, joining = query.embed, query.joining()
        return Executor(self.connection, answer or query.answer, prefix, counted, embed=embed, find=find, asking=asking, joining=joining)

    def _searched(self, planned: Planned) -> dict[str, str]:
        assert self.searching is not None or not planned.columns
        return {
            name: self.searching.expected(one.rows(self.connection, planned.values))
            for name, one in planned.columns.items()
            if self.searching is not None
        }

    def plan(self, statement: Statement, values: Parameters, without: frozenset[int] = frozenset(), many: Many = "") -> Planned | None:
        """The plan of a statement, None where it has no semantic expression and is DuckDB's alone. `without` calls put as labels."""
        files = self.grammar()
        grammar = self.beside(files)
        if not statement.may_be_semantic(grammar):
            return None
        try:
            tree = Dialect(grammar).read(statement.text)
        except SQLSyntaxError as error:
            if database.parses(statement.text):
                return None
            raise improved(error, statement, grammar) from error
        called = [int(call.meta["token"]) for call in tree.find_all(Call)]
        if not called and not holds_searches(tree):
            return None
        told = (*map(_unused, statement.idle(max(called, default=-1))), *compared.notices(tree))
        _refuse_writes_to_the_log(tree)
        own = parameters.named(tree, values)
        whole, local = statement.hints()
        wanted = Wanted.of(tree, whole, local, self.aggregates)
        searches = take_out(tree, lambda: next(_prefixes))
        found = {search.name: Searched.of(self.connection, self.tables, search, own) for search in searches}
        tell = partial(self._told_of, statement, own, {name: (one.search, one.target.type) for name, one in found.items()})
        schema = Schema(
            lambda query: _columns(tell("DESCRIBE", query)),
            self.aggregates,
            self._keyed,
            cache(lambda: database.views(self.connection)),
            check=partial(tell, "EXPLAIN"),
        )
        read, accuracy = Dialect(files).read, self.accuracy
        parsed = tree.copy() if wanted is None and has_factors(tree) else None
        factoring = None if parsed is None else Factoring(read, without, many)
        plan = optimise(bind(tree, schema, whole, local, accuracy=accuracy, factoring=factoring))
        plan = replace(plan, searches=searches, notices=(*plan.notices, *told))
        check_sample(whole, local, factored=bool(plan.factored or without))
        columns = {name: one.narrowed(schema) for name, one in found.items()}
        budgets = [hints.budget for hints in (whole, *(hints for _, hints in local)) if hints.budget is not None]
        planned = Planned(plan, own, min(budgets, default=None), columns, wanted)
        if parsed is None or not plan.factored:
            return planned

        def rows(query: Query, part: exp.Expr, hints: Hints | None) -> pa.Table:
            bound = bind(part, schema, hints or whole, [] if hints else local, accuracy=accuracy, first=next(_apart))
            mine = replace(planned, plan=replace(optimise(bound), searches=() if hints else searches))
            return self._executor(mine, query).run(mine.plan, own, in_transaction=self.in_transaction)

        def again(refused: frozenset[int], many: Many) -> Planned:
            found = self.plan(statement, values, without | refused, many)
            assert found is not None
            return found

        return replace(planned, factors=Factors(parsed, self.connection, rows, read, f"__rv{next(_prefixes)}_pairs"), again=again)

    def _told_of(
        self, statement: Statement, values: Mapping[str, Any], found: Mapping[str, tuple[Search, str]], what: str, query: exp.Expr
    ) -> pa.Table:
        query = with_types(query, found) if found else query
        used = {name: values[name] for name in lowering.parameters(query)}
        try:
            return database.run(self.connection, f"{what} {lowering.written(query)}", used)
        except SQLError as error:
            raise self.broken(missing(error)) or located(error, statement) from error

    def _refuse_making_what_is_there(self, tree: exp.Expr) -> None:
        """DuckDB finds out when the table is filled, and all questions are answered and paid."""
        if not isinstance(tree, exp.Create) or tree.kind != "TABLE" or tree.args.get("replace") or tree.args.get("exists"):
            return
        target = tree.this.find(exp.Table)
        if target is None:
            return
        temporary = tree.find(exp.TemporaryProperty) is not None
        if database.makes(self.connection, target.name, target.db, target.catalog, temporary=temporary):
            raise SQLError(
                f'table "{target.name}" exists already',
                hint="take another name, or drop it first; CREATE OR REPLACE TABLE … makes a table anew",
            )

    def _keyed(self, table: exp.Table) -> Keyed | None:
        found = self.tables.find(table.name, table.db, table.catalog)
        return None if found is None else found.keyed

    def _plain(self, statement: Statement, values: Parameters, query: Query) -> pa.Table:
        check_plain(statement)
        for hint in statement.idle(None):
            query.say_once(Notice(_unused(hint), "warning"))
        first = statement.words[0] if statement.words else ""
        path = self._path() if first in _SETS_PATH else ""
        try:
            table = database.run(self.connection, statement.text, values)
        except SQLError as error:
            raise self.broken(missing(error)) or improved(error, statement, self.grammar()) from error
        if first in _SETS_PATH:
            self._keep_out(path)
        if first in {"BEGIN", "START"}:
            self.in_transaction = True
        elif first in {"COMMIT", "END", "ROLLBACK", "ABORT"}:
            self.in_transaction = False
        return table

    def _path(self) -> str:
        return str(database.run(self.connection, "SELECT current_setting('search_path')").column(0)[0])

    def _keep_out(self, before: str) -> None:
        """Names without a schema are never the log's. Raises SQLError, the search path as it was before."""
        if STORE in {part.strip(' "').lower() for place in self._path().split(",") for part in place.split(".")}:
            quoted = before.replace("'", "''")
            database.run(self.connection, f"SET search_path = '{quoted}'" if before else "RESET search_path")
            raise _read_only(STORE)


def _columns(described: pa.Table) -> list[tuple[str, str]]:
    return list(zip(described["column_name"].to_pylist(), described["column_type"].to_pylist(), strict=True))


def _unused(hint: str) -> str:
    return f"nothing uses the hint `{hint}`: it stands before the operator that it is for, and none stands behind it"


def check_plain(statement: Statement) -> None:
    """What is no semantic statement, and what EXPLAIN and PREPARE hide. Raises SQLError where it would change the log."""
    words = statement.words
    if _imports(statement):
        raise SQLError(
            "IMPORT DATABASE is not run: what its files change cannot be seen before",
            hint="run them as scripts: `rvbbit sql -f schema.sql`, then `rvbbit sql -f load.sql`",
        )
    if STORE in statement.text.lower():
        if words[:1] and words[0] in _SETS_PATH and not {"SEARCH_PATH", "SCHEMA"}.isdisjoint(words):
            raise _read_only(STORE)
        with contextlib.suppress(SQLSyntaxError):  # DuckDB says what is wrong with it
            _refuse_writes_to_the_log(Dialect().read(_behind(statement).text))


def _imports(statement: Statement) -> bool:
    """Whether DuckDB would run a directory's scripts, which nobody has read: IMPORT DATABASE, or the PRAGMA it stands for."""
    words = statement.words
    if words[:1] == ["PRAGMA"]:
        return any(token.text.upper() == "_".join(_IMPORTS) for token in statement.tokens[1:2])
    return bool(words) and words[0] in {*_BEFORE, _IMPORTS[0]} and _IMPORTS in itertools.pairwise(_behind(statement).words)


def _behind(statement: Statement) -> Statement:
    """The statement that EXPLAIN, ANALYZE or PREPARE stand before, from the word that changes something on; else itself."""
    while statement.words[:1] and statement.words[0] in _BEFORE:
        rest = next(split(statement.text[statement.tokens[0].end + 1 :]), None)
        if rest is None:
            return statement
        start = next((token.start for token in rest.tokens if token.text.upper() in _CHANGES), None)
        statement = rest if start is None else next(split(rest.text[start:]), rest)
    return statement


def _refuse_writes_to_the_log(tree: exp.Expr) -> None:
    written = [table for table in _written(tree) if STORE in {table.catalog.lower(), table.db.lower()}]
    if written or (isinstance(tree, exp.Detach | exp.Use) and STORE in {tree.this.name.lower(), tree.this.text("db").lower()}):
        raise _read_only(lowering.written(written[0]) if written else STORE)


def _read_only(what: str) -> SQLError:
    return SQLError(
        f"the log is read-only in SQL: {what} cannot be changed",
        hint="decisions are made with `rvbbit training mark`, and undone with its undo",
    )


def _written(tree: exp.Expr) -> list[exp.Table]:
    """The tables a statement changes; those it only reads stand below a SELECT."""
    if not isinstance(tree, WRITES) and not (isinstance(tree, exp.Copy) and tree.args.get("kind")):
        return []
    return [table for table in tree.find_all(exp.Table) if table.find_ancestor(exp.Select) is None]


@contextlib.contextmanager
def _placed(statement: Statement) -> Iterator[None]:
    """Counts an error's place from the top of the script, not of its statement."""
    try:
        yield
    except Error as error:
        if error.line == 1 and error.column is not None:
            error.column += statement.column - 1
        if error.line is not None:
            error.line += statement.line - 1
        raise


def explain_target(statement: Statement) -> tuple[Statement, bool] | None:
    """The statement behind EXPLAIN and whether it was EXPLAIN ANALYZE; None where it is neither."""
    if not statement.words or statement.words[0] != "EXPLAIN":
        return None
    target = _after_first(statement)
    if target is None or target.words[:1] != ["ANALYZE"]:
        return None if target is None else (target, False)
    analyzed = _after_first(target)
    return None if analyzed is None else (analyzed, True)


def _after_first(statement: Statement) -> Statement | None:
    """What stands behind the first word, with the comments before that word and behind the last one: hints may stand there."""
    found = next(split(statement.text[statement.tokens[0].end + 1 :]), None)
    if found is not None:
        last = statement.tokens[-1].comments if len(statement.tokens) > 1 else []
        found.tokens[-1].comments[:] = dict.fromkeys([*found.tokens[-1].comments, *last])
        found.tokens[0].comments[:0] = statement.tokens[0].comments
        found = replace(found, places=statement.places_with(found))
    return found
