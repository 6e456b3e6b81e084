"""A cascade made ready to run: templates, schemas and wards compiled once, and kept for as long as its file says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rvbbit.cascades import sqltypes
from rvbbit.cascades.loader import Cascade
from rvbbit.cascades.output import Output
from rvbbit.cascades.picks import Picks
from rvbbit.cascades.prompt import Prompt
from rvbbit.cascades.references import Names, cell_references
from rvbbit.cascades.spec import LLMCell, PythonCell, SQLCell
from rvbbit.cascades.sqltypes import SQLType
from rvbbit.cascades.wards import CompiledWard
from rvbbit.types import Arguments, CellKey, Example, Value


@dataclass(frozen=True, slots=True)
class CellPlan:
    """One cell, compiled. `outputs` are the earlier cells it reads; `returns` is set on an operator's last cell. `prompt` and the rest
    are None or empty where the cell asks no model."""

    spec: LLMCell | SQLCell | PythonCell
    key: CellKey
    outputs: tuple[str, ...]
    returns: SQLType | None
    one_value: bool
    prompt: Prompt | None = None
    output: Output | None = None
    wards: tuple[CompiledWard, ...] = ()
    asked: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.key.cascade_id}.{self.key.cell_name}"

    def arguments(self, inputs: Arguments, outputs: Mapping[str, Value]) -> dict[str, Value]:
        """What the cell is asked with: the cascade's inputs, and those earlier outputs it reads."""
        return {**inputs, **{name: outputs[name] for name in self.outputs}}

    def can_show(self, example: Example) -> bool:
        """Whether an example has every argument the question is made of: older or imported ones may lack some."""
        return self.asked <= example.arguments.keys()


@dataclass(frozen=True, slots=True)
class CascadePlan:
    """A cascade, compiled. `cached` is False where its answers must not be used again."""

    cascade: Cascade
    cells: tuple[CellPlan, ...]
    cached: bool

    @classmethod
    def of(cls, cascade: Cascade) -> CascadePlan:
        """The plan of a cascade that loaded without problems."""
        function = cascade.spec.sql_function
        returns = sqltypes.parse(function.returns) if function else None
        names, cells = Names(cascade.inputs.names), []
        for index, spec in enumerate(cascade.spec.cells):
            last = index == len(cascade.spec.cells) - 1
            one_value = last and function is not None and function.shape != "table"
            cells.append(_cell(cascade, index, names, returns if last else None, one_value=one_value))
            names = names.after(spec.name)
        return cls(cascade, tuple(cells), function.cache if function else True)


def _cell(cascade: Cascade, index: int, names: Names, returns: SQLType | None, *, one_value: bool) -> CellPlan:
    spec = cascade.spec.cells[index]
    found = cell_references(spec, index, names)
    outputs = tuple(name for name in names.outputs if name in found.outputs)
    key = CellKey(cascade.id, spec.name)
    if not isinstance(spec, LLMCell):
        return CellPlan(spec, key, outputs, returns, one_value)
    output = Output(spec.output_schema, returns, Picks(spec.numbered, spec.each_once) if spec.numbered else None)
    wards = tuple(CompiledWard(ward) for ward in spec.wards)
    prompt = Prompt.of(spec, f"{cascade.id}.{spec.name}", output, outputs)
    asked = cell_references(LLMCell(name=spec.name, instructions=spec.instructions), index, names)
    return CellPlan(spec, key, outputs, returns, one_value, prompt, output, wards, frozenset(asked.inputs | asked.outputs))


class Plans:
    """Plans by fingerprint and file. It holds a bounded number and forgets all when there are more.

    `settings` take the place of what cells that learn say themselves.
    """

    _MOST = 512

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        self._plans: dict[tuple[str, str], CascadePlan] = {}
        self._settings = settings or {}

    def of(self, cascade: Cascade) -> CascadePlan:
        key = (cascade.fingerprint, cascade.origin)
        if key not in self._plans:
            if len(self._plans) >= self._MOST:
                self._plans.clear()
            self._plans[key] = CascadePlan.of(_with(cascade, self._settings) if self._settings else cascade)
        return self._plans[key]


def _with(cascade: Cascade, settings: Mapping[str, object]) -> Cascade:
    cells = [cell.model_copy(update=settings) if isinstance(cell, LLMCell) and cell.use_training else cell for cell in cascade.spec.cells]
    return replace(cascade, spec=cascade.spec.model_copy(update={"cells": cells}))
