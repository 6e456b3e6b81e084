"""The frozen values that cross rooms: what needs another room's thing takes it as one of these. JSON-like: all of it is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from rvbbit.packing import OFF, Pack
from rvbbit.pairwise import NO_PROMISES, Pairs

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
"""What SQL hands to an operator and a model hands back: JSON's values."""

Arguments: TypeAlias = Mapping[str, Value]
"""An operator's or a cell's inputs by name."""

Shape = Literal["scalar", "aggregate", "table"]
Role = Literal["system", "user", "assistant"]
Strategy = Literal["recent", "high_confidence", "random", "semantic", "all"]
Format = Literal["xml", "markdown", "few_shot", "chat"]
Source = Literal["query", "run", "test", "judge", "import"]
LocalKind = Literal[
    "similarity", "matches", "label", "choose", "same", "pair", "polarity", "sentence",
    "themes", "topics", "clusters", "dedupe", "outliers", "summary", "consensus", "mood",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument that an operator declares. `type` is a DuckDB type name; `optional` ones may be left off the end of a call.

    `over` names an aggregate operator whose answer for all values of the query block it is: nobody gives it. `min` is of numbers."""

    name: str
    type: str = "VARCHAR"
    optional: bool = False
    default: Value = None
    description: str = ""
    over: str = ""
    min: int | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """What SQL needs to know of a cascade: how it is written, what it takes, what it returns.

    `patterns` are the YAML's own (`"{{ text }} MEANS {{ criterion }}"`). `threshold` is set where the answer is a score that can stand
    as a condition: `x ABOUT 'c'` then means `score >= threshold`. `descending`: ORDER BY it puts the highest first. `origin` is its file.
    `group_by` of an aggregate: the operator that stands for it as a key of GROUP BY. `pairs` is what joins may rely on."""

    name: str
    cascade_id: str
    patterns: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: str
    shape: Shape = "scalar"
    threshold: float | None = None
    description: str = ""
    origin: str = ""
    descending: bool = False
    group_by: str = ""
    pairs: Pairs = NO_PROMISES


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Example:
    """An approved execution: its arguments and answer (corrected, where a person corrected it), not its prompt, which is rendered again.

    `created_at` is of the decision that made it one. `confidence` is a person's (`own_confidence`), else the score, else None."""

    trace_id: str
    arguments: Arguments
    answer: Value
    created_at: datetime
    confidence: float | None = None
    verified: bool = False
    own_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ExampleSet:
    """Examples for a call, of which the first `stable` go to every call. `version` is a hash of the whole set they are from ("": empty)."""

    version: str = ""
    examples: tuple[Example, ...] = ()
    strategy: Strategy = "recent"
    stable: int = 0


NO_EXAMPLES = ExampleSet()


@dataclass(frozen=True, slots=True)
class TrainingPolicy:
    """How a cell learns: which examples it may see, how many, and how they are shown.

    `scope` names the inputs that must agree with the call's for an example to count: a scalar by equality (a criterion), a list by
    membership of the answer (labels). `limit` is in examples; `token_budget` in tokens that all may take together, None: any.
    `pinned`: a version or tag to use in place of what holds now (None). `core`: tokens from which examples for every call pay; or None."""

    limit: int = 5
    strategy: Strategy = "recent"
    min_confidence: float | None = None
    verified_only: bool = False
    format: Format = "chat"
    scope: tuple[str, ...] = ()
    token_budget: int | None = None
    pinned: str | None = None
    core: int | None = None


@dataclass(frozen=True, slots=True)
class CellKey:
    """Which cell of which cascade: the owner of a training set."""

    cascade_id: str
    cell_name: str


@dataclass(frozen=True, slots=True)
class LocalTask:
    """How an embedding model answers a cell: its YAML's `local:` block. `threshold` is where `matches`, `same` and `choose` begin."""

    task: LocalKind
    text: str
    against: str | None = None
    labels: str | None = None
    threshold: float = 0.4
    n: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model: (instructions, arguments, examples) → a typed answer.

    `messages` is the rendered chat, examples included, or empty; a prompt cache may keep the first `stable`, which other calls send, too.
    `output_schema` is a JSON Schema or None for free text. `timeout` in seconds."""

    model: str
    messages: tuple[Message, ...] = ()
    arguments: Arguments = field(default_factory=dict)
    examples: ExampleSet = NO_EXAMPLES
    local: LocalTask | None = None
    output_schema: Mapping[str, Value] | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float = 120.0
    stable: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls took. Tokens as the provider counted them; `cost_usd` is None where the price is not known, 0.0 where it is free. Of
    `tokens_in`, `tokens_cached` came from the provider's prompt cache, `tokens_written` went there at a price of their own."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float | None = 0.0
    tokens_written: int = 0

    def __add__(self, other: Usage) -> Usage:
        cost = None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd
        read = (self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out, self.tokens_cached + other.tokens_cached)
        return Usage(*read, cost, self.tokens_written + other.tokens_written)


NOTHING_USED = Usage()


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered: `text` of one that writes; `value`, typed, of one that does not (the embedded model), and then `text` is None.

    `sent` and `received` are the bodies, without headers or keys. `tokens_cached_expected`: what a prompt cache should have known."""

    text: str | None
    model: str
    usage: Usage = NOTHING_USED
    value: Value = None
    probability: float | None = None
    finish_reason: str | None = None
    sent: Value = None
    received: Value = None
    tokens_cached_expected: int = 0


@dataclass(frozen=True, slots=True)
class CallContext:
    """On whose behalf calls are made. Ids are opaque strings; None where there is none. `training_set`: a version or tag."""

    session_id: str
    query_id: str | None = None
    caller_id: str | None = None
    source: Source = "query"
    model: str | None = None
    training: bool = True
    training_set: str | None = None
    threshold: float | None = None
    on_error: Literal["raise", "null"] = "raise"
    pack: Pack = OFF


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One row of `unified_logs`: one call to a model, or one sql or python cell that ran.

    `arguments` are the cell's inputs before any example was injected. `answer` is the typed answer, None where `error` is set.
    `cache_key` is None where the answer must not be reused (failures, `cache: false`). `duration` in seconds. `cached` is True where no
    model ran but a provider's cache. `tokens_cached_expected`: what its prompt cache should know. One run's calls share a `run_id`."""

    trace_id: str
    timestamp: datetime
    session_id: str
    cascade_id: str
    cell_name: str
    kind: Literal["llm", "sql", "python", "embedding"]
    arguments: Arguments
    cascade_fingerprint: str
    cell_fingerprint: str
    query_id: str | None = None
    caller_id: str | None = None
    source: Source = "query"
    model: str = ""
    request: Value = None
    response: Value = None
    answer: Value = None
    cache_key: str | None = None
    probability: float | None = None
    finish_reason: str | None = None
    attempt: int = 1
    take: int = 0
    usage: Usage = NOTHING_USED
    duration: float = 0.0
    set_version: str = ""
    example_ids: tuple[str, ...] = ()
    error: str | None = None
    error_code: str | None = None
    cached: bool = False
    tokens_cached_expected: int = 0
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An operator's answer to one set of arguments; `student`: decided in the model's place.

    `calls` went to a model: 0 where it was cached or shared another's. `error`: there is none; returned under `on_error: null`."""

    value: Value
    cached: bool = False
    usage: Usage = NOTHING_USED
    error: str | None = None
    calls: int = 0
    student: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should be told while a query runs: `📚 Injected 5 training examples (recent strategy)`."""

    message: str
    severity: Literal["info", "warning"] = "info"


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's decision on one execution. Only the fields named in `fields` were decided; the rest say nothing.

    `fields` draws from: trainable, verified, confidence, corrected_output, notes, tags. `batch` groups what one call decided and is what
    an undo names; `undoes` is the batch that an undo took back."""

    trace_id: str
    author: str
    timestamp: datetime
    batch: str
    fields: tuple[str, ...]
    trainable: bool | None = None
    verified: bool | None = None
    confidence: float | None = None
    corrected_output: Value = None
    notes: str | None = None
    tags: tuple[str, ...] | None = None
    reason: str | None = None
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that can teach, and everything that was decided on it, oldest decision first."""

    trace_id: str
    cell: CellKey
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """One scorer's opinion of one execution: a fact beside people's decisions, never one of them.

    `value` is 0-1, None where the scorer could not tell; `reason` says why either way. `version` names the scorer and what it went by.
    `calibrated` is True where the value was fitted to answers that people verified: of those with 0.8, four in five are right. `cost_usd`
    is None where the price is not known."""

    trace_id: str
    scorer: str
    version: str
    value: float | None
    reason: str
    timestamp: datetime
    calibrated: bool = False
    cost_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Scorable:
    """An execution as scorers see it.

    `logprobs`: of the answer's tokens, where the provider gave them; `others`: what the cell's other executions answered to the same
    arguments, newest first; `held`: the answer that holds (corrected, where corrected); `right`: whether `answer` is what holds, None where
    no person verified it; `scores`: the newest of each scorer; `again`: a person wants the judge heard anew."""

    trace_id: str
    cell: CellKey
    arguments: Arguments
    answer: Value
    probability: float | None = None
    finish_reason: str | None = None
    logprobs: tuple[float, ...] = ()
    others: tuple[Value, ...] = ()
    held: Value = None
    right: bool | None = None
    scores: tuple[Score, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is left to score: executions, those among them that the judge has not seen, and how many characters it would read of them."""

    executions: int = 0
    unjudged: int = 0
    characters: int = 0

    def __add__(self, other: Waiting) -> Waiting:
        return Waiting(self.executions + other.executions, self.unjudged + other.unjudged, self.characters + other.characters)


@dataclass(frozen=True, slots=True)
class SetVersion:
    """One version of a training set: what it adds to its parent and takes from it. `scope` is JSON of the inputs its examples share.

    `added` are trace ids in the set's order, `answers` their answers as JSON; added ones stand in front of what the parent has. `parent`
    None: everything is in `added`. `size` counts the whole set."""

    version: str
    cell: CellKey
    scope: str
    timestamp: datetime
    parent: str | None
    added: tuple[str, ...]
    answers: tuple[str, ...]
    removed: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class SetEvent:
    """What a person said of a set: `tag` names a version; `live` is what calls learn from, None: decisions. The newest of a name holds."""

    kind: Literal["tag", "live"]
    cell: CellKey
    scope: str
    version: str | None
    author: str
    timestamp: datetime
    name: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What an evaluation of a version found: `result` is JSON, `harm` whether the interval of its gain lies below zero."""

    version: str
    cell: CellKey
    scope: str
    timestamp: datetime
    harm: bool
    result: str
