"""What a cascade file may say: one strict pydantic model per section. It never reads a file and never runs a cell.

The JSON Schema for editors and the table of keys in `docs/cascades.md` are made from these models (`scripts/make_cascade_schema.py`),
so a key's description here is the only one there is. After `llm/templates.py` (simonw/llm): an unknown key is an error, not a shrug.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from rvbbit.types import Format, LocalKind, LocalTask, Shape, Strategy, TrainingPolicy

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
ModelName = Annotated[str, Field(pattern=r"^[^:\s]+:\S+$")]
Schema = dict[str, Any]


class Section(BaseModel):
    """Any part of a cascade file: unknown keys refused, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class Arg(Section):
    """One argument of the SQL operator."""

    name: Identifier = Field(description="how patterns and templates call it")
    type: str = Field("VARCHAR", description="a DuckDB type: VARCHAR, DOUBLE, VARCHAR[] …")
    optional: bool = Field(False, description="may be left off the end of a call; an argument with a `default` is optional anyway")
    default: Any = Field(None, description="what it is when left off")
    description: str = Field("", description="one line for people")
    min: int | None = Field(None, description="of a number: the least it may be; a smaller one is refused before anything is asked")
    over: Identifier | None = Field(
        None, description="nobody gives it: it is what this aggregate operator answers for all values of the first argument in the block"
    )

    @property
    def may_be_left_off(self) -> bool:
        return self.optional or "default" in self.model_fields_set or self.over is not None


class Expectation(Section):
    """What a test case expects where equality is too much to ask. Every condition given must hold."""

    equals: Any = Field(None, description="the answer itself")
    min: float | None = Field(None, description="the answer is a number not below this")
    max: float | None = Field(None, description="the answer is a number not above this")
    one_of: list[Any] | None = Field(None, description="the answer is one of these")
    contains: str | None = Field(None, description="the answer is, or holds, a text with this in it, whatever the case")

    @model_validator(mode="after")
    def _says_something(self) -> Expectation:
        if not self.model_fields_set:
            raise ValueError("must say one of equals, min, max, one_of, contains")
        return self


class TestCase(Section):
    """One example call with what it must answer; run by `rvbbit operators test`."""

    __test__ = False  # pytest collects classes named Test…

    args: dict[str, Any] = Field(description="the arguments by name")
    expect: Any = Field(description="the answer, or a mapping of `equals`, `min`, `max`, `one_of`, `contains`")
    model: ModelName | None = Field(None, description="ask this model; without it the default model")

    @property
    def expectation(self) -> Expectation:
        """`expect` with its short form spelled out."""
        return Expectation.model_validate(self.expect if isinstance(self.expect, dict) else {"equals": self.expect})

    @model_validator(mode="after")
    def _readable(self) -> TestCase:
        if isinstance(self.expect, dict) and (unknown := set(self.expect) - set(Expectation.model_fields)):
            raise ValueError(f"expect: unknown condition {sorted(unknown)[0]!r}; an answer that is an object goes under `equals`")
        return self


class SQLFunction(Section):
    """How SQL calls the cascade."""

    name: Identifier = Field(description="the operator's name; `NAME(all args)` always works in SQL")
    operators: tuple[Text, ...] = Field(
        (), strict=False, description='further ways to write it: `"{{ text }} MEANS {{ criterion }}"`, `"ASK({{ text }}, {{ question }})"`'
    )
    args: tuple[Arg, ...] = Field(
        (), strict=False, description="the arguments, in order; each one `{name, type, optional, default, description}`"
    )
    returns: str = Field("VARCHAR", description="the DuckDB type of the answer")
    shape: Shape = Field("scalar", description="one answer a row, one a group (whose values the first argument lists), or a table")
    cache: bool = Field(True, description="false: ask again every time")
    threshold: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="for scores: a bare `x ABOUT 'c'` as a condition means score >= threshold"
    )
    descending: bool = Field(False, description="for scores: ORDER BY it puts the highest first unless it says ASC")
    group_by: Identifier | None = Field(
        None, description="for aggregates: the operator that `GROUP BY NAME(…)` means, which labels each value and takes the same arguments"
    )
    symmetric: bool = Field(False, description="(a, b) is answered as (b, a): of the two, one is asked; about the first two arguments")
    reflexive: bool = Field(False, description="of a text and itself it is true, and nobody is asked; about the first two arguments")
    blocking: Literal["embedding"] | None = Field(
        None, description="true pairs lie near each other: a join asks about near ones, and takes the others for false; see docs/joins.md"
    )
    factorize: Text | None = Field(
        None,
        description="SQL that comes to the same answer by questions about one text at a time, for joins:"
        " `\"CLASSIFY({{ a }}, 'x,y') = CLASSIFY({{ b }}, 'x,y')\"`; see docs/joins.md",
    )
    test_cases: tuple[TestCase, ...] = Field((), strict=False, description="calls with known answers: `{args, expect, model}`")


class Rules(Section):
    """How hard a cell tries."""

    max_attempts: int = Field(3, ge=1, le=20, description="how often the model is asked until its answer fits the schema and wards")
    timeout: float = Field(120.0, gt=0, description="seconds one request may take")


class Ward(Section):
    """A condition an output must meet. One of `schema`, `sql`, `jinja`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["schema"]}, {"required": ["sql"]}, {"required": ["jinja"]}]}, extra="forbid"
    )

    schema_: Schema | None = Field(None, alias="schema", description="a JSON Schema the output must fit")
    sql: Text | None = Field(None, description="a SQL condition over `$output` and the cell's arguments as `$name`")
    jinja: Text | None = Field(None, description="a Jinja expression over `output`, `input`, `outputs`, `state`, without braces")
    message: str | None = Field(None, description="the reason given to the model when the condition fails")

    @model_validator(mode="after")
    def _one_condition(self) -> Ward:
        if len({"schema_", "sql", "jinja"} & self.model_fields_set) != 1:
            raise ValueError("a ward has exactly one of schema, sql, jinja")
        return self


class Takes(Section):
    """Ask several times and pick."""

    n: int = Field(ge=2, le=100, description="how many times")
    pick: Literal["vote", "evaluator"] = Field("vote", description="`vote`: the most frequent answer; `evaluator`: a model chooses")
    evaluator: Text | None = Field(None, description="instructions for the evaluator")

    @model_validator(mode="after")
    def _evaluator_has_instructions(self) -> Takes:
        if (self.pick == "evaluator") != (self.evaluator is not None):
            raise ValueError("`pick: evaluator` and `evaluator:` instructions go together")
        return self


class Reduce(Section):
    """A list that may be longer than a model reads, asked about in parts."""

    over: Identifier = Field(description="the list input")
    tokens: int = Field(8_000, ge=100, description="a list that takes more, about, is asked about in parts of at most so many")
    combine: Literal["ask", "mean", "join"] = Field(
        "ask", description="`ask`: the cell is asked about the parts' answers; `mean`: they are averaged; `join`: put together"
    )
    at_once: int = Field(10, ge=2, description="answers of parts that one question brings together")
    instructions: Text | None = Field(
        None, description="template of that question, the answers in place of the list; the cell's own without"
    )
    system: Text | None = Field(None, description="the stable part of that question; the cell's own without it")
    likeness: float | None = Field(
        None, ge=0, le=1, description="ask only about texts at least so similar, together; others are answers as they are (with `join`)"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Reduce:
        if self.combine != "ask" and (self.instructions is not None or self.system is not None):
            raise ValueError(f"`combine: {self.combine}` asks nothing: leave out instructions and system")
        if (self.likeness is not None) != (self.combine == "join"):
            raise ValueError("`likeness` and `combine: join` go together")
        return self


class Local(Section):
    """How an embedding model answers the cell."""

    task: LocalKind = Field(
        description="`similarity`: score 0-1; `matches`: score >= threshold; `label`: one of `labels`;"
        " `choose`: the same, or `none of these`; `same`: both name one thing;"
        " `pair`: true or false of two texts, `polarity`: -1 to 1, these two from examples alone;"
        " `sentence`: the text's most central one; of a list of texts: `themes`, `topics`, `clusters`, `dedupe`, `outliers`, `summary`,"
        " `consensus`, `mood`"
    )
    text: Identifier = Field(description="the input that is judged")
    against: Identifier | None = Field(None, description="the input it is compared with (similarity, matches, same, pair)")
    labels: Identifier | None = Field(None, description="the input that lists the labels (label, choose)")
    threshold: float = Field(0.4, ge=0, le=1, description="where `matches`, `same` and `dedupe` begin; what `choose` asks of a label")
    n: Identifier | None = Field(None, description="the input that says how many (themes, topics, clusters, outliers)")

    @model_validator(mode="after")
    def _complete(self) -> Local:
        needed = _NEEDED.get(self.task)
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(f"task {self.task} needs `{needed}`")
        return self

    def as_task(self) -> LocalTask:
        return LocalTask(**self.model_dump())


_NEEDED: Mapping[LocalKind, str] = {
    "label": "labels",
    "choose": "labels",
    **dict.fromkeys(("similarity", "matches", "same", "pair"), "against"),
    "outliers": "n",
}
"""What a local task must name beside its text."""


class LLMCell(Section):
    """A cell that asks a model."""

    name: Identifier = Field(description="what later cells and the log call it")
    instructions: Text = Field(description="Jinja template of the question: rendered for the call, and for every example in the same way")
    system: Text | None = Field(
        None, description="Jinja template of the stable part of the prompt, sent first: the task, what all rows share"
    )
    model: ModelName | None = Field(None, description="`provider:model`; a hint on the query wins over it, the default model does not")
    output_schema: Schema | None = Field(
        None, description='JSON Schema of the answer; `enum: "{{ input.labels }}"` takes a list from an input; without it: text'
    )
    rules: Rules = Field(default=Rules(), description="`{max_attempts, timeout}`")
    temperature: float | None = Field(None, ge=0, le=2, description="sampling temperature; the provider's default without it")
    max_tokens: int | None = Field(None, ge=1, description="longest answer, in tokens")
    use_training: bool = Field(False, description="learn from approved executions of this cell")
    training_limit: int = Field(5, ge=1, description="examples a prompt gets at most")
    training_strategy: Strategy = Field("recent", description="recent, high_confidence, random or semantic; embedding models get all")
    training_tokens: int | None = Field(None, ge=1, description="tokens all examples of a prompt may take together, about")
    training_min_confidence: float | None = Field(
        None, ge=0, le=1, description="only of at least this confidence: a person's, else verified, else scored"
    )
    training_verified_only: bool = Field(False, description="only examples a person verified")
    training_format: Format = Field("chat", description="how they are shown: chat, xml, markdown, few_shot")
    training_scope: tuple[Identifier, ...] = Field(
        (), strict=False, description="inputs an example must share with the call (a list input: its answer is in the list)"
    )
    wards: tuple[Ward, ...] = Field(
        (),
        strict=False,
        description="conditions the output must meet, else it is asked again with the reason: `{schema | sql | jinja, message}`",
    )
    takes: Takes | None = Field(None, description="ask several times and pick: `{n, pick, evaluator}`")
    local: Local | None = Field(None, description="how `local:` models answer it: `{task, text, against, labels, threshold, n}`")
    numbered: Identifier | None = Field(
        None, description="whole numbers in the answer number the distinct items of this list input, from 1: SQL gets the items"
    )
    reduce: Reduce | None = Field(
        None,
        description="how a list longer than a model reads is asked about: `{over, tokens, combine, at_once, instructions, …}`",
    )
    each_once: bool = Field(False, description="with `numbered`: each item must stand in the answer exactly once")

    def policy(self) -> TrainingPolicy | None:
        """How the cell learns, or None where it does not."""
        if not self.use_training:
            return None
        return TrainingPolicy(
            self.training_limit,
            self.training_strategy,
            self.training_min_confidence,
            self.training_verified_only,
            self.training_format,
            self.training_scope,
            self.training_tokens,
        )


class SQLCell(Section):
    """A cell that runs plain SQL."""

    name: Identifier = Field(description="what later cells and the log call it")
    sql: Text = Field(description="a query; `$name` is an input or an earlier cell's output. Its output is the rows, a list of objects")


class PythonCell(Section):
    """A cell that calls a function."""

    name: Identifier = Field(description="what later cells and the log call it")
    python: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")] = Field(
        description="`package.module.function`, called with (input, outputs); may be async; returns JSON-like values"
    )


KINDS: Mapping[str, type[LLMCell | SQLCell | PythonCell]] = {"instructions": LLMCell, "sql": SQLCell, "python": PythonCell}


def kind_of(cell: Any) -> str:
    """Which kind of cell a mapping means to be, by the key it has or nearly has; `instructions` when nothing tells."""
    keys = list(cell) if isinstance(cell, Mapping) else [key for key in KINDS if hasattr(cell, key)]
    for kind in KINDS:
        if kind in keys:
            return kind
    near = [match for key in keys for match in difflib.get_close_matches(str(key), KINDS, 1, 0.75)]
    return near[0] if near else "instructions"


Cell = Annotated[
    Annotated[LLMCell, Tag("instructions")] | Annotated[SQLCell, Tag("sql")] | Annotated[PythonCell, Tag("python")],
    Discriminator(kind_of),
]


class CascadeSpec(Section):
    """A whole cascade file."""

    cascade_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")] = Field(
        description="its name; a file in the project overrides the package's of the same id"
    )
    description: str = Field("", description="one line for people")
    inputs_schema: Schema = Field(
        default_factory=dict,
        description="the inputs: `name: description` or `name: {JSON Schema, default: …}`; or one JSON Schema with `properties`",
    )
    sql_function: SQLFunction | None = Field(None, description="how SQL calls it; its `args` are inputs too")
    cells: tuple[Cell, ...] = Field(strict=False, min_length=1, description="the steps in order; the last one's output is the answer")
