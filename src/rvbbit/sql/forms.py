"""Ways to write a call that are neither infix nor a plain function; a part of the parser.

`SEMANTIC_CASE x WHEN 'c1' THEN v1 … ELSE v END` asks once which of its conditions holds, and is then SQL's own CASE on that answer:

    CASE SEMANTIC_CASE(x, ['c1', …, 'none of these']) WHEN 'c1' THEN v1 … ELSE v END

So values have any type, a row without a text gets ELSE, and one question answers all branches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import Token, TokenType

from rvbbit.sql.call import Call
from rvbbit.sql.patterns import NONE, Choice, Grammar

if TYPE_CHECKING:
    from rvbbit.sql.patterns import Function, Infix

QUOTED = frozenset({TokenType.IDENTIFIER, TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING})


class Forms(DuckDBParser):
    """Reads choices, and which way an ORDER BY goes that does not say."""

    @property
    def grammar(self) -> Grammar:
        """The operators there are."""
        raise NotImplementedError

    def _call(self, pattern: Infix | Function | Choice, operands: list[Any], token: Token) -> Call:
        raise NotImplementedError

    def _parse_ordered(self, *args: Any, **kwargs: Any) -> Any:
        ordered = super()._parse_ordered(*args, **kwargs)
        if isinstance(ordered, exp.Ordered) and ordered.args.get("desc") is None:
            call = ordered.this.unnest()
            if isinstance(call, Call) and call.operator.descending:
                ordered.set("desc", True)
        return ordered

    def _parse_type(self, *args: Any, **kwargs: Any) -> Any:
        choice = self._parse_choice()
        return super()._parse_type(*args, **kwargs) if choice is None else choice

    def _parse_choice(self) -> Any:
        """The CASE that a choice stands for; None, with nothing read, where there is none here."""
        token, start = self._curr, self._index
        if token is None or token.token_type in QUOTED or (self._prev is not None and self._prev.token_type == TokenType.DOT):
            return None
        pattern = self.grammar.choices.get(token.text.upper())
        if pattern is None:
            return None
        self._advance()
        try:
            text = self._parse_bitwise()
        except ParseError:
            text = None
        if text is None or not self._match_text_seq(*pattern.word.split()):
            self._retreat(start)  # a column or a function of that name
            return None
        return self._case(pattern, text, token)

    def _case(self, pattern: Choice, text: Any, token: Token) -> exp.Case:
        branches = []
        while True:
            condition = self._parse_disjunction()
            if condition is None or not self._match(TokenType.THEN):
                self.raise_error(f"{pattern.name} needs `{pattern.word} a condition THEN a value`")
            branches.append((condition, self._value(pattern, "THEN")))
            if not self._match_text_seq(*pattern.word.split()):
                break
        default = self._value(pattern, "ELSE") if self._match(TokenType.ELSE) else None
        if not self._match(TokenType.END):
            self.raise_error(f"{pattern.name} ends with END")
        written = {_spelled(condition): condition for condition, _ in reversed(branches)}
        listed = [condition.copy() for condition in reversed(list(written.values()))]
        none = exp.Literal.string(NONE)
        cases = exp.Array(expressions=listed if none.sql() in written else [*listed, none])
        call = self._call(pattern, [text, cases], token)
        case = exp.Case(this=call, ifs=[exp.If(this=when, true=then) for when, then in branches], default=default)
        case.meta["called"] = pattern.operator.name
        return case

    def _value(self, pattern: Choice, after: str) -> Any:
        ends = self._curr is not None and self._curr.token_type in {TokenType.END, TokenType.ELSE, TokenType.WHEN}
        value = None if ends else self._parse_disjunction()
        if value is None:
            self.raise_error(f"{pattern.name} needs a value after {after}")
        return value


def _spelled(condition: exp.Expr) -> str:
    return condition.sql(dialect=DuckDB)
