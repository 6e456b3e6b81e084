"""How well `local:minilm` does `a ~ b`, IMPLIES and CONTRADICTS: F1 before and after examples, on pairs with known answers.

    .venv/bin/python -m bench.pairs ../shared/data

It asks the provider as a query does, so what it prints is what a query gets.
"""

from __future__ import annotations

import asyncio
import csv
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Example, ExampleSet, LocalTask, Request

Pair = tuple[str, str, bool]
SAME = LocalTask("same", text="text", against="other", threshold=0.71)
PAIR = LocalTask("pair", text="text", against="other")
TABLES = {
    "er_abt_buy": ("abt.csv", "buy.csv", "abt_id", "buy_id", "title"),
    "er_amazon_google": ("left.csv", "right.csv", "left_id", "right_id", "title"),
    "er_dblp_acm": ("left.csv", "right.csv", "left_id", "right_id", "title"),
    "er_fodors_zagats": ("left.csv", "right.csv", "left_id", "right_id", "name"),
    "er_walmart_amazon": ("left.csv", "right.csv", "left_id", "right_id", "title"),
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(data: Path, name: str) -> list[Pair]:
    left_file, right_file, left_id, right_id, text = TABLES[name]
    left = {row[left_id]: row[text] for row in rows(data / name / left_file)}
    right = {row[right_id]: row[text] for row in rows(data / name / right_file)}
    return [(left[row[left_id]], right[row[right_id]], row["label"] == "1") for row in rows(data / name / "pairs_test.csv")]


def sick(data: Path, split: str, label: str) -> list[Pair]:
    return [(row["premise"], row["hypothesis"], row["label"] == label) for row in rows(data / "sick" / f"{split}.csv")]


def f1(answers: list[bool], pairs: list[Pair]) -> float:
    hits = sum(answer and truth for answer, (*_, truth) in zip(answers, pairs, strict=True))
    return 2 * hits / max(sum(answers) + sum(truth for *_, truth in pairs), 1)


async def asked(provider: LocalProvider, task: LocalTask, pairs: list[Pair], examples: list[Pair]) -> list[bool]:
    now = datetime.now(UTC)
    known = tuple(Example(str(n), {"text": one, "other": other}, truth, now) for n, (one, other, truth) in enumerate(examples))
    learned = ExampleSet(f"{len(known)}", known, "all") if known else NO_EXAMPLES
    requests = [Request("local:minilm", arguments={"text": a, "other": b}, examples=learned, local=task) for a, b, _ in pairs]
    return [done.value is True for done in await asyncio.gather(*map(provider.complete, requests))]


async def learned(provider: LocalProvider, task: LocalTask, train: list[Pair], test: list[Pair], each: int) -> float:
    """The mean F1 over three draws of so many examples of either answer."""
    found = []
    for draw in range(3):
        chance = random.Random(draw)
        some = [p for kind in (True, False) for p in chance.sample([one for one in train if one[2] is kind], each)]
        found.append(f1(await asked(LocalProvider(provider._embedder), task, test, some), test))
    return sum(found) / len(found)


async def main(data: Path) -> None:
    provider = LocalProvider(MiniLM())
    names = [(row["name1"], row["name2"], row["label"] == "1") for row in rows(data / "company_names" / "pairs.csv")]
    print(f"{'a ~ b':<20}{'pairs':>7}{'F1':>7}")
    sets = {"company_names": names} | {name: random.Random(1).sample(found := tables(data, name), min(len(found), 1200)) for name in TABLES}
    scores = {name: f1(await asked(provider, SAME, pairs, []), pairs) for name, pairs in sets.items()}
    for name, score in scores.items():
        print(f"{name:<20}{len(sets[name]):>7,}{score:>7.2f}")
    print(f"{'mean':<20}{'':>7}{sum(scores.values()) / len(scores):>7.2f}\n")
    print(f"{'examples of each':<20}{'5':>7}{'10':>7}{'50':>7}{'100':>7}")
    for name, label in (("IMPLIES", "entailment"), ("CONTRADICTS", "contradiction")):
        test = random.Random(1).sample(sick(data, "test", label), 1200)
        found = [await learned(provider, PAIR, sick(data, "train", label), test, each) for each in (5, 10, 50, 100)]
        print(f"{name + ' (SICK)':<20}" + "".join(f"{score:>7.2f}" for score in found))
    await provider.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")))
