"""DuckDB's SQL plus the operators of the catalog.

One sqlglot dialect: infix operators are read where DuckDB reads LIKE, functions where it reads functions; each becomes a `Call` node.
Every function that is not ours stays exactly as written (sqlglot's own table of functions is switched off), so what we regenerate is
what was typed. Plain Python sqlglot is needed: the compiled wheel cannot be subclassed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.generators.duckdb import DuckDBGenerator
from sqlglot.tokenizer_core import Token, TokenizerCore, TokenType

from rvbbit.errors import SQLSyntaxError
from rvbbit.sql import cascade_calls, negation, tables
from rvbbit.sql.call import Call
from rvbbit.sql.forms import QUOTED, Forms
from rvbbit.sql.half_read import HalfRead
from rvbbit.sql.patterns import Choice, Function, Grammar, Infix
from rvbbit.sql.semantic_joins import SemanticJoins
from rvbbit.types import Operator, Parameter

__all__ = ["Call", "Dialect", "Generator", "Parser", "Tokenizer", "is_semantic_distinct", "syntax_error"]

DEDUPE = "DEDUPE"
SCHEMA = "rvbbit"
"""`rvbbit.mood(x)` is the operator, whatever else is called mood."""


class _Tokens(TokenizerCore):
    """Reads `$1,$2` as two parameters: only a name can be the tag of a dollar-quoted string, and sqlglot takes `1,` for one."""

    __slots__ = ()

    def _scan_string(self, start: str) -> bool:
        if start == "$":
            tag, closed, _ = self.sql[self._current :].partition("$")
            if closed and tag and not tag.isidentifier():
                self._add(TokenType.PARAMETER)
                return True
        return super()._scan_string(start)


class Tokenizer(DuckDB.Tokenizer):
    """DuckDB's tokenizer around `_Tokens`."""

    def _init_core(self) -> TokenizerCore:
        core = super()._init_core()
        core.__class__ = _Tokens  # sqlglot leaves no other way to hand in a core
        return core


class CosineOperator(exp.Expression, exp.Binary):
    """`a <=> b`, the cosine distance of two lists. sqlglot reads MySQL's equality there, that of NULLs included."""


class Parser(SemanticJoins, HalfRead, Forms):
    """DuckDB's parser, asking the grammar wherever an operator may stand."""

    EQUALITY: ClassVar[dict[TokenType, Any]] = {token: node for token, node in Forms.EQUALITY.items() if token != TokenType.NULLSAFE_EQ}
    FACTOR: ClassVar[dict[TokenType, Any]] = {**Forms.FACTOR, TokenType.NULLSAFE_EQ: CosineOperator}
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNC_TOKENS: ClassVar[set[TokenType]] = {*Forms.FUNC_TOKENS, TokenType.SUMMARIZE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "~" in self.grammar.infixes:  # not a regular expression any more, wherever it stands
            vars(self)["RANGE_PARSERS"] = {token: read for token, read in self.RANGE_PARSERS.items() if token != TokenType.TILDE}

    @property
    def grammar(self) -> Grammar:
        """The operators of the dialect that made this parser."""
        dialect = self.dialect
        assert isinstance(dialect, Dialect)
        return dialect.grammar

    def _parse_types(self, *args: Any, **kwargs: Any) -> Any:
        """No type of DuckDB goes on with <: `range < 3` compares a column."""
        if self._curr and self._next and self._next.token_type == TokenType.LT and self._curr.token_type in self.NESTED_TYPE_TOKENS:
            return None
        return super()._parse_types(*args, **kwargs)

    def _parse_range(self, this: Any = None, parse_is: bool = False) -> Any:
        """Ours come first: one may begin with a word or symbol that DuckDB has a use for, such as `~`."""
        this = this or self._parse_bitwise()
        while this is not None:
            start = self._index
            this = self._parse_infix(this) or super()._parse_range(this, parse_is)
            if self._index == start:
                break
        return this

    def _parse_infix(self, left: Any) -> Any:
        start = self._index
        negated = bool(self._match(TokenType.NOT))
        token = self._curr
        if token and token.token_type not in QUOTED:
            for pattern in self.grammar.infixes.get(token.text.upper(), ()):
                operands = self._parse_operands(pattern, left)
                if operands is not None:
                    call = self._call(pattern, operands, token)
                    call.meta["written"] = token.text
                    return negation.not_(call) if negated else call
        self._retreat(start)
        return None

    def _parse_operands(self, pattern: Infix, left: Any) -> list[Any] | None:
        start = self._index
        operands = [left]
        for words in pattern.words:
            if not self._match_text_seq(*words):
                break
            operand = self._parse_bitwise()
            if operand is None:
                break
            operands.append(operand)
        else:
            return operands
        self._retreat(start)
        return None

    def _parse_function_call(self, *args: Any, **kwargs: Any) -> Any:
        token = self._curr
        qualified = self._is_qualified()
        ours = self._function_ahead(token)
        by_id = bool(self.grammar.cascades) and self._is_called(token) and token is not None and token.text.upper() == cascade_calls.NAME
        if ours is not None:
            kwargs["anonymous"] = True  # NORMALIZE has a syntax of its own in other dialects
        node = super()._parse_function_call(*args, **kwargs)
        if by_id and token is not None and isinstance(node, exp.Anonymous):
            return cascade_calls.call(node, self.grammar.cascades, token)
        if ours is None or node is None:
            return node
        call = node.find(exp.Anonymous)
        if call is None or call.name.upper() != ours.name:
            return node
        if not qualified and len(call.expressions) in self.grammar.shared.get(ours.name, ()):
            return node
        replaced = self._call(ours, list(call.expressions), token)
        if call is node:
            return replaced
        call.replace(replaced)
        return node

    def _parse_hint(self) -> Any:
        """After SELECT: `SEMANTIC DISTINCT` is kept as a hint that holds the operator which finds what means the same."""
        token = self._curr
        if not is_semantic_distinct(token, self._next):
            return super()._parse_hint()
        assert token is not None
        finding = self.grammar.functions.get(DEDUPE)
        if finding is None:
            self.raise_error(f"SEMANTIC DISTINCT needs the operator {DEDUPE}, and there is none", token)
        self._advance()
        assert finding is not None
        return exp.Hint(expressions=[self._call(finding, [exp.null()], token)])

    def _parse_placeholder(self) -> Any:
        node = super()._parse_placeholder()
        if isinstance(node, exp.Placeholder):
            node.meta["token"] = self._prev.start  # their order in the text is what binds values to them
        return node

    def _function_ahead(self, token: Token | None) -> Function | None:
        return self.grammar.functions.get(token.text.upper()) if token is not None and self._is_called(token) else None

    def _is_called(self, token: Token | None) -> bool:
        """Whether a function of no schema, or of ours, begins with the token that is read next."""
        if token is None or token.token_type in QUOTED or self._next is None or self._next.token_type != TokenType.L_PAREN:
            return False
        return self._prev is None or self._prev.token_type != TokenType.DOT or self._is_qualified()

    def _is_qualified(self) -> bool:
        """Whether `rvbbit.` stands in front of the token that is read next, and nothing in front of that."""
        before = [token.text.lower() for token in self._tokens[max(0, self._index - 3) : self._index]]
        return before[-2:] == [SCHEMA, "."] and before[:-2] != ["."]

    def _call(self, pattern: Infix | Function | Choice, operands: list[Any], token: Token) -> Call:
        operator = pattern.operator
        distinct = operator.shape == "aggregate" and bool(operands) and isinstance(operands[0], exp.Distinct)
        operands = [*operands[0].expressions, *operands[1:]] if distinct else operands
        if len(operands) > len(pattern.slots):
            slots = ", ".join(pattern.slots)
            self.raise_error(f"{operator.name.upper()} takes {len(pattern.slots)} arguments ({slots}), not {len(operands)}", token)
        call = self._node(operator, dict(zip(pattern.slots, operands, strict=False)), token)
        if distinct:
            call.meta["distinct"] = True
        if operator.group_by:
            key = self._named(operator.group_by, operator, token)
            given = dict(zip(key.slots, (operand.copy() for operand in operands), strict=False))
            call.meta["as_key"] = self._node(key.operator, given, token)
        return call

    def _node(self, operator: Operator, given: dict[str, Any], token: Token) -> Call:
        call = Call(this=operator.name, expressions=[self._operand(operator, p, given, token) for p in operator.parameters])
        call.meta.update(operator=operator, line=token.line, column=token.col - len(token.text) + 1, token=token.start)
        return call

    def _named(self, name: str, by: Operator, token: Token) -> Function:
        function = self.grammar.functions.get(name.upper())
        if function is None:
            self.raise_error(f"{by.name.upper()} needs the operator {name.upper()}, and there is none", token)
        assert function is not None
        return function

    def _operand(self, operator: Operator, parameter: Parameter, given: dict[str, Any], token: Token) -> Any:
        if parameter.over:
            aggregate = self._named(parameter.over, operator, token).operator
            values = given[operator.parameters[0].name].copy()
            others = {p.name: given[p.name].copy() for p in aggregate.parameters if p.name in given}
            call = self._node(aggregate, {**others, aggregate.parameters[0].name: values}, token)
            call.meta.update(distinct=True, left_out=True)
            return call
        if parameter.name in given:
            return given[parameter.name]
        if not parameter.optional:
            self.raise_error(f"{operator.name.upper()} needs an argument for {parameter.name}", token)
        default = exp.convert(parameter.default)
        default.meta["left_out"] = True
        return default


def is_semantic_distinct(token: Token | None, following: Token | None) -> bool:
    """Whether two tokens are `SEMANTIC DISTINCT`."""
    if token is None or following is None or token.token_type in QUOTED:
        return False
    return token.text.upper() == "SEMANTIC" and following.token_type == TokenType.DISTINCT


class Generator(DuckDBGenerator):
    """DuckDB's generator; a call that was not answered is written as a function, for messages and plans."""

    TRANSFORMS: ClassVar[dict[Any, Any]] = {
        **DuckDBGenerator.TRANSFORMS,
        Call: lambda self, node: _called(node, [self.sql(one) for one in node.given]),
        CosineOperator: lambda self, node: self.binary(node, "<=>"),
    }

    PROPERTIES_LOCATION: ClassVar[dict[Any, Any]] = {
        **DuckDBGenerator.PROPERTIES_LOCATION,
        exp.WithDataProperty: exp.Properties.Location.POST_EXPRESSION,
    }

    def withingroup_sql(self, expression: exp.WithinGroup) -> str:
        return f"{self.sql(expression, 'this')} WITHIN GROUP ({self.sql(expression, 'expression').strip()})"


def _drop_schema(tree: exp.Expr) -> None:
    """Leave `rvbbit.` out in front of calls; sqlglot reads a dot, or a column where FILTER or OVER follow."""
    for node in list(tree.find_all(exp.Dot, exp.Column)):
        inner = node.expression if isinstance(node, exp.Dot) else node.this
        schema = node.this.name if isinstance(node, exp.Dot) else node.text("table")
        call = inner
        while isinstance(call, exp.Filter | exp.Window):
            call = call.this
        if isinstance(call, Call) and schema.lower() == SCHEMA:
            node.replace(inner)


def _called(node: Call, given: list[str]) -> str:
    return (
        cascade_calls.spelled(node, given)
        if "cascade" in node.meta
        else f"{node.name.upper()}({'DISTINCT ' * node.is_distinct}{', '.join(given)})"
    )


class Dialect(DuckDB):
    """A DuckDB dialect that knows one catalog's operators."""

    Tokenizer = Tokenizer
    Parser = Parser
    Generator = Generator

    def __init__(self, grammar: Grammar | None = None) -> None:
        super().__init__()
        self.grammar = grammar or Grammar({}, {})

    def read(self, text: str) -> exp.Expression:
        """Parse one statement. Raises SQLSyntaxError with line and column."""
        try:
            trees = self.parser(error_level=ErrorLevel.IMMEDIATE).parse(self.tokenize(text), text)
        except (ParseError, TokenError) as error:
            raise syntax_error(error) from error
        statements = [tree for tree in trees if tree is not None]
        if len(statements) != 1 or not isinstance(statements[0], exp.Expression):
            raise SQLSyntaxError("one statement is expected here", hint="separate statements with semicolons")
        _drop_schema(statements[0])
        negation.settle(statements[0])
        tables.unfold(statements[0])
        return statements[0]

    def write(self, tree: exp.Expr) -> str:
        """Regenerate one line of SQL, function names and comments' absence aside exactly what was parsed."""
        return self.generator(normalize_functions=False, comments=False).generate(tree)


def syntax_error(error: ParseError | TokenError) -> SQLSyntaxError:
    """Ours from sqlglot's, with its place where it knows one."""
    details: dict[str, Any] = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    message = str(details.get("description") or str(error).split("\n", maxsplit=1)[0])
    if message.startswith("Required keyword"):  # sqlglot names its own classes there
        message = "an expression is missing"
    if message.startswith("Expected table name"):
        message = "a table's name is expected; a keyword is one in double quotes"
    near = str(details.get("highlight") or "").strip()
    line, column = details.get("line"), details.get("col")
    start = column - len(near) + 1 if column and near else column
    return SQLSyntaxError(f"{message}, near {near!r}" if near else message, line=line, column=start)
