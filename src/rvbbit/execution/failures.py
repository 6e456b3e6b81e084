"""DuckDB's errors as ours: by class, and by message only where DuckDB has one class for several things."""

from __future__ import annotations

import duckdb

from rvbbit.errors import Cancelled, DatabaseError, DatabaseLocked, DiskFull, Error, SQLError, SQLSyntaxError, TypeMismatch, UnknownColumn

KEPT = "what was answered is kept: run the query again to resume"


def translated(error: duckdb.Error, *, path: str = "") -> Error:
    """The error of our tree that says the same, message and place included."""
    text = str(error)
    message, line, column = _placed(text)
    lower = text.lower()
    if isinstance(error, duckdb.InterruptException):
        return Cancelled("the query was cancelled", hint=KEPT)
    if "could not set lock" in lower or "conflicting lock" in lower or "unique file handle conflict" in lower:
        where = path or "the database"
        return DatabaseLocked(
            f"{where} is held by another process: {message}", hint="stop that process, or point RVBBIT_HOME at another project"
        )
    if "no space left" in lower or "not enough disk" in lower or "max_temp_directory_size" in lower:
        return DiskFull(message, hint="free disk space and run the query again; what was answered is kept")
    if isinstance(error, duckdb.TransactionException) and "aborted" in lower:
        return DatabaseError(message, hint="write ROLLBACK, then run the statements again from BEGIN")
    if isinstance(error, duckdb.ParserException):
        return SQLSyntaxError(message, line=line, column=column)
    if isinstance(error, duckdb.BinderException) and "referenced column" in lower:
        return UnknownColumn(message, line=line, column=column)
    if isinstance(error, duckdb.BinderException) and "no function matches" in lower:
        return TypeMismatch(message, hint="cast the argument to the type the function takes", line=line, column=column)
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.SyntaxException | duckdb.NotImplementedException):
        return SQLError(message, line=line, column=column)
    return DatabaseError(message, line=line, column=column)


def _placed(text: str) -> tuple[str, int | None, int | None]:
    """DuckDB's message without its drawing of the place, and the place: `LINE 2: … ^` becomes (2, 14)."""
    head, _, drawing = text.partition("\nLINE ")
    message = head.strip()
    if not drawing:
        return message, None, None
    number, _, rest = drawing.partition(": ")
    rows = rest.split("\n")
    caret = rows[1].find("^") if len(rows) > 1 else -1
    if not number.isdigit() or caret < 0 or rows[0].startswith("..."):
        return message, int(number) if number.isdigit() else None, None
    return message, int(number), caret - len(f"LINE {number}: ") + 1
