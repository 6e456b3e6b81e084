"""Wards: what an output must satisfy beyond its schema. A ward gives a reason when it is not satisfied; it never changes the output."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import best_match

from rvbbit.cascades import schemas, sqlparams, templates
from rvbbit.cascades.spec import Ward
from rvbbit.errors import DatabaseError, SQLError
from rvbbit.interfaces import RunSQL
from rvbbit.types import Arguments, Value


class CompiledWard:
    """One ward, ready to be asked about many outputs."""

    def __init__(self, ward: Ward) -> None:
        self._message = ward.message
        self._validator = schemas.validator(ward.schema_) if ward.schema_ is not None else None
        self._condition = templates.condition(ward.jinja) if ward.jinja is not None else None
        self._sql = ward.sql
        self._parameters = sqlparams.parameters(ward.sql) if ward.sql is not None else ()

    async def reason(self, output: Value, arguments: Arguments, names: Mapping[str, Any], run_sql: RunSQL) -> str | None:
        """Why the output will not do; None when it will."""
        found = await self._asked_sql(output, arguments, run_sql) if self._sql is not None else self._asked(output, names)
        return (self._message or found) if found is not None else None

    def _asked(self, output: Value, names: Mapping[str, Any]) -> str | None:
        if self._validator is not None:
            error = best_match(self._validator.iter_errors(output))
            return None if error is None else error.message
        assert self._condition is not None
        try:
            return None if self._condition(output=output, **names) else "it does not meet the condition asked of it"
        except templates.RENDER_ERRORS as error:
            return f"the condition asked of it cannot be worked out: {error}"

    async def _asked_sql(self, output: Value, arguments: Arguments, run_sql: RunSQL) -> str | None:
        values = {name: output if name == "output" else arguments[name] for name in self._parameters}
        try:
            rows = await asyncio.to_thread(run_sql, f"SELECT ({self._sql}) AS met", values)
        except (DatabaseError, SQLError) as error:
            return f"the condition asked of it cannot be worked out: {error.message}"
        return None if rows and rows[0]["met"] is True else "it does not meet the condition asked of it"
