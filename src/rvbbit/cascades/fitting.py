"""Whether an answer fits the cell it is said to be of, as that cell is now. It asks no model and knows no log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rvbbit.cascades.catalog import Catalog
from rvbbit.cascades.output import Output
from rvbbit.cascades.plans import Plans
from rvbbit.errors import CascadeError, OutputInvalid
from rvbbit.types import Arguments, CellKey, Value


class Fitting:
    """Answers checked against schemas with their lists filled in from the arguments."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._plans = Plans()

    def of(self, key: CellKey) -> Callable[[Arguments, Value], str | None]:
        """Tells of any answers why they do not fit the cell as it is now; None where one does, or where the cell or its schema cannot be
        known (logs from elsewhere)."""
        try:
            cells = self._plans.of(self._catalog.named(key.cascade_id)).cells
        except CascadeError:
            return _unknown
        output = next((cell.output for cell in cells if cell.key == key), None)
        return _unknown if output is None else partial(_misfit, output)


def _misfit(output: Output, arguments: Arguments, answer: Value) -> str | None:
    try:
        output.fit(answer, arguments)
    except OutputInvalid as error:
        return error.message
    except KeyError:  # an input that the cell has now and the execution did not have
        return None
    return None


def _unknown(arguments: Arguments, answer: Value) -> None:
    return None
