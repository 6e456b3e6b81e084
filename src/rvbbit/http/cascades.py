"""Operators, and the YAML of cascades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from rvbbit.engine import TestOutcome
from rvbbit.engine.cascade_files import CascadeFile, FileProblem, schema
from rvbbit.http.face import Face
from rvbbit.http.strict import Answer, Body, StrictRoute
from rvbbit.types import Operator

Yaml = Annotated[str, Field(min_length=1, max_length=1_000_000)]


class Argument(Answer):
    """One argument of an operator."""

    name: str
    type: str
    optional: bool
    default: Any
    description: str


class Signature(Answer):
    """How an operator is written, what it takes and gives."""

    name: str
    cascade_id: str
    patterns: list[str]
    parameters: list[Argument]
    returns: str
    shape: str
    threshold: float | None
    description: str


class OperatorShown(Signature):
    """An operator there is, with the file it comes from and its cells. `builtin`: it is the package's own."""

    origin: str
    builtin: bool
    cells: list[str]


class Operators(Answer):
    """Every operator, by name; `problems` are those of files that are left out."""

    operators: list[OperatorShown]
    problems: list[str]


class CascadeShown(Answer):
    """A cascade's file, also one that is left out because of its `problems`.

    `builtin`: it is the package's own; saving one of its id overrides it in this project. `backup` is what the project's file was before it
    was saved last, null where it was not saved over.
    """

    cascade_id: str
    description: str
    cells: list[str]
    operator: str | None
    origin: str
    builtin: bool
    fingerprint: str
    yaml: str
    problems: list[FileProblem]
    backup: str | None


class YamlBody(Body):
    """A cascade's file."""

    yaml: Yaml


class SaveBody(YamlBody):
    """A cascade's file. With the `fingerprint` it had when it was read, it is not written where somebody else has written it meanwhile."""

    fingerprint: Annotated[str, Field(max_length=100)] | None = None


class Case(Answer):
    """A test case: its arguments as a line, and what is expected."""

    case: str
    expected: Any


class Validated(Answer):
    """Everything that is wrong with a file, by line and column; `ok` where nothing is.

    `signature` is known where that part is sound, `cases` (test cases) where all of it is.
    """

    ok: bool
    cascade_id: str | None
    operator: str | None
    problems: list[FileProblem]
    signature: Signature | None
    cases: list[Case]


class TestAsked(Body):
    """The model to ask where a test case names none; null: the cell's own or the default."""

    __test__ = False  # pytest collects classes named Test…

    model: Annotated[str, Field(pattern=r"^[^:\s]+:\S+$", max_length=200)] | None = None


class TestsAsked(TestAsked):
    """`yaml`: those of a file that is not kept; null: those of every operator there is."""

    yaml: Yaml | None = None


class Outcome(Answer):
    """One test case. `passed` is null where this model cannot do the operator at all."""

    operator: str
    case: str
    passed: bool | None
    expected: Any
    actual: Any
    error: str | None


class Outcomes(Answer):
    """All of them."""

    passed: int
    failed: int
    outcomes: list[Outcome]


def routes(face: Face) -> APIRouter:
    """The routes of one server."""
    db, router = face.db, APIRouter(prefix="/api", tags=["cascades"], route_class=StrictRoute)

    @router.get("/operators")
    def operators() -> Operators:
        """Every operator there is now."""
        return Operators(operators=[_shown(face, one) for one in db.operators()], problems=list(db.problems()))

    @router.post("/operators/{name}/test")
    def test(name: str, asked: TestAsked) -> Outcomes:
        """Run the test cases inside an operator's YAML. Asks a model."""
        return _outcomes(db.test_operators(db.cascade_files.named(name), model=asked.model))

    @router.post("/operators/test")
    def tests(asked: TestsAsked) -> Outcomes:
        """Run the test cases of all operators, or of a file. Asks a model; together they stay within the settings' budget."""
        return _outcomes(db.test_operators(db.cascade_files.read(asked.yaml) if asked.yaml else None, model=asked.model))

    @router.get("/cascades/schema")
    def cascade_schema() -> dict[str, Any]:
        """The JSON Schema of a cascade's file, for editors. (A cascade that is called `schema` is read by its operator's name.)"""
        return schema()

    @router.get("/cascades/{cascade_id}")
    def cascade(cascade_id: str) -> CascadeShown:
        """A cascade's file, by its id or its operator's name."""
        return _cascade(db.cascade_files.shown(cascade_id))

    @router.put("/cascades/{cascade_id}")
    def save(cascade_id: str, asked: SaveBody) -> CascadeShown:
        """Write a cascade's file into the project. One that is not valid changes nothing; what was there before is kept as `….bak`."""
        return _cascade(db.cascade_files.save(cascade_id, asked.yaml, fingerprint=asked.fingerprint))

    @router.post("/cascades/validate")
    def validate(asked: YamlBody) -> Validated:
        """Everything that is wrong with a file, also beside the project's others. Nothing is written."""
        found = db.cascade_files.check(asked.yaml)
        signature = None if found.operator is None else Signature.model_validate(found.operator)
        name = None if signature is None else signature.name
        problems = list(found.problems)
        cases = [Case.model_validate(one) for one in found.cases]
        return Validated(ok=not problems, cascade_id=found.cascade_id, operator=name, problems=problems, signature=signature, cases=cases)

    return router


def _outcomes(found: Sequence[TestOutcome]) -> Outcomes:
    verdicts = [one.passed for one in found]
    shown = [Outcome.model_validate(one) for one in found]
    return Outcomes(passed=verdicts.count(True), failed=verdicts.count(False), outcomes=shown)


def _shown(face: Face, operator: Operator) -> OperatorShown:
    files = face.db.cascade_files
    known = Signature.model_validate(operator).model_dump()
    return OperatorShown(**known, origin=_place(operator.origin), builtin=files.is_builtin(operator), cells=list(files.cells(operator)))


def _place(origin: str) -> str:
    """Where a file is, as the project says it: of the package's own, the name alone."""
    return origin.rpartition("/")[2] if origin.startswith("/") else origin


def _cascade(file: CascadeFile) -> CascadeShown:
    shown = CascadeShown.model_validate(file)
    return shown.model_copy(update={"origin": _place(file.origin)})
