"""The family tree of everything RVBBIT raises on purpose.

    Error
    ├── UsageError                 an argument, flag or setting value is wrong
    │   └── SettingsError          rvbbit.toml or RVBBIT_* holds something we do not know
    ├── SQLError                   the statement cannot run as written
    │   ├── SQLSyntaxError         it does not parse
    │   ├── UnknownOperator        a word that is nearly an operator of ours
    │   ├── UnknownColumn          a name the tables in scope do not have
    │   └── TypeMismatch           an argument of the wrong type
    ├── DatabaseError              DuckDB refused; its own message, our hint
    │   ├── DatabaseLocked         another process holds the file
    │   ├── StoreUnreachable       the store's server does not answer
    │   └── DiskFull               nothing more can be written
    ├── CascadeError               something is wrong with an operator's file
    │   ├── CascadeInvalid         the YAML breaks the schema: all problems at once
    │   └── CascadeNotFound        no cascade of that name
    ├── CallError                  a cell could not answer for one set of arguments
    │   ├── OutputInvalid          the model's answer breaks the cell's schema or wards
    │   └── ProviderError          the model could not be reached or refused
    │       ├── TransientError     may pass if tried again
    │       │   ├── RateLimited    429; carries Retry-After
    │       │   ├── Unavailable    5xx, a closed socket
    │       │   │   └── Unreachable    nobody listens there, or no route
    │       │   └── ProviderTimeout
    │       └── TerminalError      will fail again
    │           ├── AuthenticationFailed
    │           ├── ModelNotFound
    │           ├── Refused        a content filter or the model itself said no
    │           └── Unsupported    this model cannot do this cell (a local model asked to write prose)
    ├── TrainingError              a decision names what is not there
    │   └── SetNotFound            no training set of that version or tag
    ├── NotFound                   nothing has the id asked for
    ├── InUse                      an id or a session that another query has now
    ├── Busy                       too much at once, or the server is stopping
    ├── BudgetReached              the ceiling was met; what was paid for is kept
    └── Cancelled                  a person stopped it; what was answered is kept

Each class carries its SQLSTATE, the HTTP status it becomes and the CLI's exit code. A message says what happened and to
which thing; the hint says what to do next. Anything else that escapes is a bug. After `httpx/_exceptions.py`.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class Error(Exception):
    """Whatever RVBBIT raises. `hint` says what to do next; `line` and `column` (from 1) point into the SQL or YAML."""

    sqlstate: ClassVar[str] = "XX000"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column

    @property
    def code(self) -> str:
        """The class's name in snake_case, as HTTP bodies and logs spell it: `budget_reached`, `sql_syntax_error`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(self).__name__).lower()


class UsageError(Error):
    """An argument, flag or setting has a value we cannot use."""

    sqlstate = "22023"
    http_status = 400
    exit_code = 2


class SettingsError(UsageError):
    """`rvbbit.toml` or the environment holds an unknown key or an unusable value."""

    sqlstate = "F0000"


class SQLError(Error):
    """The statement cannot run as written."""

    sqlstate = "42000"
    http_status = 400


class SQLSyntaxError(SQLError):
    """The statement does not parse."""

    sqlstate = "42601"


class UnknownOperator(SQLError):
    """A word stands where an operator would, and no cascade declares it."""

    sqlstate = "42883"


class UnknownColumn(SQLError):
    """A column that the tables in scope do not have."""

    sqlstate = "42703"


class TypeMismatch(SQLError):
    """An operator got an argument of a type it does not take."""

    sqlstate = "42804"


class DatabaseError(Error):
    """DuckDB refused the statement or the file; the message is DuckDB's own."""

    sqlstate = "58000"
    http_status = 400


class DatabaseLocked(DatabaseError):
    """Another process holds the database or the store."""

    sqlstate = "55006"
    http_status = 503


class StoreUnreachable(DatabaseError):
    """Nobody answers at the address of the store's server, or it went away."""

    sqlstate = "08006"
    http_status = 503


class DiskFull(DatabaseError):
    """The disk, or the limit set for it, is full. Nothing acknowledged before is lost."""

    sqlstate = "53100"
    http_status = 507


class CascadeError(Error):
    """Something is wrong with an operator's definition."""

    sqlstate = "F0000"
    http_status = 422


class CascadeInvalid(CascadeError):
    """A cascade file breaks the schema. `problems` lists every one as `file:line: key: what`."""

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class CascadeNotFound(CascadeError):
    """No cascade or operator of that name."""

    sqlstate = "42883"
    http_status = 404


class CallError(Error):
    """A cell could not answer for one set of arguments."""

    sqlstate = "58030"
    http_status = 502


class OutputInvalid(CallError):
    """The model's answer breaks the cell's schema or a ward, and the attempts are used up."""

    sqlstate = "22P02"


class ProviderError(CallError):
    """The model could not be reached, or said no. `status` is the HTTP status it answered, None if it did not answer.

    `usage` is the `Usage` of an answer that was paid for and is of no use (a refusal, one cut off), None where nothing was counted.
    """

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.usage: Any = None


class TransientError(ProviderError):
    """May pass if tried again. Only the retry wrapper asks."""

    http_status = 503


class RateLimited(TransientError):
    """The provider asked for a pause. `retry_after` is in seconds, None if it did not say how long."""

    http_status = 429

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = 429, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint, status=status)
        self.retry_after = retry_after


class Unavailable(TransientError):
    """A 5xx, a closed socket."""


class Unreachable(Unavailable):
    """Nobody listens at the address, or its name does not resolve. Tried again only briefly: it is mostly a mistake."""


class ProviderTimeout(TransientError):
    """No answer within the time allowed."""

    http_status = 504


class TerminalError(ProviderError):
    """Will fail again in the same way."""


class AuthenticationFailed(TerminalError):
    """The key is missing, wrong, or may not use this model."""

    sqlstate = "28000"


class ModelNotFound(TerminalError):
    """No provider or model of that name."""

    sqlstate = "42704"
    http_status = 404


class Refused(TerminalError):
    """A content filter, or the model itself, would not answer."""


class Unsupported(TerminalError):
    """This model cannot do this cell."""

    sqlstate = "0A000"
    http_status = 422


class TrainingError(Error):
    """A decision names something that is not there, or a correction that does not fit."""

    sqlstate = "22023"
    http_status = 422


class SetNotFound(TrainingError):
    """No training set of that version or tag."""

    sqlstate = "42704"
    http_status = 404


class NotFound(Error):
    """No execution, session or query has the id that was asked for."""

    sqlstate = "P0002"
    http_status = 404


class InUse(Error):
    """The id or the session belongs to a query that is running."""

    sqlstate = "55006"
    http_status = 409


class Busy(Error):
    """As much as is allowed is under way, or the server is stopping. Try again."""

    sqlstate = "53300"
    http_status = 503


class BudgetReached(Error):
    """The ceiling in USD was met. What was paid for stays cached; running the query again resumes."""

    sqlstate = "53400"
    http_status = 402
    exit_code = 3


class Cancelled(Error):
    """A person stopped it. What was answered stays cached; running the query again resumes."""

    sqlstate = "57014"
    http_status = 499
    exit_code = 130
