"""The embedded model on the data that ships with it: the data are sound, and learning from them pays on rows never seen."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

from rvbbit import datasets
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Example, ExampleSet, LocalTask, Request

TASK = LocalTask("label", text="text", labels="labels")


def test_train_and_test_have_77_labels_and_no_text_in_common() -> None:
    train, test, labels = datasets.banking77()
    assert train.column_names == test.column_names == ["id", "text", "label"]
    assert len(labels) == 77 and labels == sorted(labels)
    assert set(train["label"].to_pylist()) == set(test["label"].to_pylist()) == set(labels)
    for column in ("id", "text"):
        assert not set(train[column].to_pylist()) & set(test[column].to_pylist())
    assert all(text.strip() for text in train["text"].to_pylist() + test["text"].to_pylist())


async def test_ten_examples_a_label_lift_held_out_accuracy_from_60_to_84_percent() -> None:
    train, test, labels = datasets.banking77()
    seen: Counter[str] = Counter()
    examples = []
    for row in train.to_pylist():
        seen[row["label"]] += 1
        if seen[row["label"]] <= 10:
            examples.append(Example(row["id"], {"text": row["text"], "labels": labels}, row["label"], datetime(2026, 1, 1, tzinfo=UTC)))
    provider = LocalProvider(MiniLM())

    async def accuracy(learned: ExampleSet) -> float:
        asked = [{"text": row["text"], "labels": labels} for row in test.to_pylist()]
        answers = await asyncio.gather(*(provider.complete(Request("", arguments=one, examples=learned, local=TASK)) for one in asked))
        return sum(answer.value == truth for answer, truth in zip(answers, test["label"].to_pylist(), strict=True)) / test.num_rows

    assert await accuracy(NO_EXAMPLES) >= 0.60
    assert await accuracy(ExampleSet("ten", tuple(examples), "all")) >= 0.84
    await provider.close()
