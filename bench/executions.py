"""A log as it is after months of use, made from a seed: records, decisions and scores, in the order in which they came. It stores nothing.

Texts are real: prompts and answers of `../shared/data/llm_logs` (200 and 1,100 characters on average), questions of BANKING77 and CLINC150,
each under a ticket number of its own, so that no two are the same; where the folder is absent, sentences of the same lengths are drawn from
a small vocabulary. Three executions of ten are conversations, the others operators: labels and booleans.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from rvbbit.types import CallRecord, Decision, Score, Usage, Value

DATA = Path(__file__).parents[1].parent / "shared" / "data"
START = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=180)
CRITERIA = ("is a complaint", "is about money", "mentions a card", "is urgent", "asks for a refund", "is polite")
MODELS = ("openai:gpt-5-mini", "anthropic:claude-haiku", "google:gemini-flash", "ollama:qwen3", "local:minilm")
TAGS = ("gold", "regression", "tricky", "demo")
WORDS = ("the", "a", "card", "bank", "money", "please", "account", "transfer", "how", "why", "is", "my", "not", "working", "help", "with")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some executions with what was scored and decided of them."""

    records: Sequence[CallRecord]
    decisions: Sequence[Decision]
    scores: Sequence[Score]


@dataclass(frozen=True, slots=True)
class Texts:
    """`chats`: model, prompt and answer. `questions`: text and label."""

    chats: Sequence[tuple[str, str, str]]
    questions: Sequence[tuple[str, str]]


def texts(data: Path = DATA) -> Texts:
    """Real ones, or made ones where there are none."""
    files = sorted((data / "llm_logs").glob("*.parquet"))
    if not files:
        return _made(random.Random(1))
    chats = [
        (f"openrouter:{row['model']}", row["prompt"], row["response"])
        for file in files
        for row in pq.read_table(file, columns=["model", "prompt", "response"]).to_pylist()
    ]
    questions = []
    for name in ("banking77", "clinc150"):
        with (data / name / "train.csv").open(encoding="utf-8", newline="") as rows:
            questions += [(row["text"], row["label"]) for row in csv.DictReader(rows)]
    return Texts(chats, questions)


def batches(rows: int, size: int = 10_000, source: Texts | None = None) -> Iterator[Batch]:
    """So many executions, `size` at a time, always the same."""
    drawn, known = random.Random(rows), source or texts()
    for start in range(0, rows, size):
        numbers = range(start, min(start + size, rows))
        records = [_record(number, rows, drawn, known) for number in numbers]
        yield Batch(records, _decisions(records, drawn), _scores(records, drawn))


def trace_id(number: int) -> str:
    """Of an execution by its number: in no order, as ids are."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def _record(number: int, rows: int, drawn: random.Random, known: Texts) -> CallRecord:
    cascade, model, arguments, answer = _asked(number, drawn, known)
    moment = START + SPAN * (number / rows)
    size_in, size_out = sum(map(len, map(str, arguments.values()))) // 4 + 40, len(str(answer)) // 4 + 3
    fails = drawn.random() < 0.01
    return CallRecord(
        trace_id=trace_id(number),
        timestamp=moment,
        session_id=f"session-{number // 200}",
        cascade_id=cascade,
        cell_name="answer" if cascade == "chat" else "judge",
        kind="llm",
        arguments=arguments,
        cascade_fingerprint=f"print of {cascade}",
        cell_fingerprint=f"cell print of {cascade}",
        query_id=None if cascade == "chat" else f"query-{number // 100}",
        caller_id=f"caller-{number % 7}",
        source="import" if cascade == "chat" else "query",
        model=model,
        request={"model": model, "messages": [{"role": "user", "content": "\n".join(map(str, arguments.values()))}], "temperature": 0},
        response={"choices": [{"message": {"content": answer}, "finish_reason": "stop"}]},
        answer=None if fails else answer,
        cache_key=None if fails or cascade == "chat" else f"{drawn.getrandbits(128):032x}",
        probability=drawn.random() if cascade == "classify" else None,
        finish_reason="stop",
        usage=Usage(size_in, size_out, 0, (size_in + 4 * size_out) * 4e-7),
        duration=drawn.expovariate(1.5),
        example_ids=(trace_id(drawn.randrange(number // 50 + 1) * 50),) if drawn.random() < 0.05 else (),
        error="429: too many requests" if fails else None,
        error_code="rate_limited" if fails else None,
    )


def _asked(number: int, drawn: random.Random, known: Texts) -> tuple[str, str, dict[str, Value], Value]:
    """Cascade, model, arguments and answer."""
    if number % 10 < 3:
        model, prompt, answer = drawn.choice(known.chats)
        return "chat", model, {"prompt": f"{prompt} (ticket {number})"}, answer
    text, label = drawn.choice(known.questions)
    text = f"{text} (ticket {number})"
    model = drawn.choice(MODELS)
    if number % 10 < 6:
        return "classify", model, {"text": text, "labels": ["billing", "card", "travel", "other"]}, label
    criterion = drawn.choice(CRITERIA)
    return ("means" if number % 10 < 9 else "about"), model, {"text": text, "criterion": criterion}, drawn.random() < 0.3


def _decisions(records: Sequence[CallRecord], drawn: random.Random) -> list[Decision]:
    """On three executions of a hundred: marked, some of them verified, tagged or corrected."""
    made = []
    for record in records:
        if record.error is None and drawn.random() < 0.03:
            values: dict[str, object] = {"trainable": drawn.random() < 0.8}
            if drawn.random() < 0.5:
                values["verified"] = True
            if drawn.random() < 0.3:
                values["tags"] = (drawn.choice(TAGS),)
            if drawn.random() < 0.1:
                values["confidence"] = round(drawn.random(), 2)
            if drawn.random() < 0.1 and record.cascade_id == "classify":
                values["corrected_output"] = "other"
            day = record.timestamp + timedelta(days=1)
            made.append(Decision(record.trace_id, f"person-{drawn.randrange(4)}", day, f"{day:%Y-%m-%d}", tuple(values), **values))  # type: ignore[arg-type]
    return made


def _scores(records: Sequence[CallRecord], drawn: random.Random) -> list[Score]:
    """Nine of ten are scored, by rules and as a whole."""
    made = []
    for record in records:
        if record.error is None and drawn.random() < 0.9:
            value = min(1.0, max(0.0, drawn.gauss(0.7, 0.2)))
            made.append(Score(record.trace_id, "rules", "1", 1.0, "fits", record.timestamp, cost_usd=0.0))
            made.append(Score(record.trace_id, "confidence", "1", value, "rules 1.00", record.timestamp, cost_usd=0.0))
    return made


def _made(drawn: random.Random) -> Texts:
    def words(number: int) -> str:
        return " ".join(drawn.choices(WORDS, k=number))

    chats = [(f"openrouter:model-{number % 34}", words(40), words(220)) for number in range(5_000)]
    return Texts(chats, [(words(11), f"label {drawn.randrange(150)}") for _ in range(20_000)])
