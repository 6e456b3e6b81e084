"""What the embedded model answers about a whole list of texts, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from rvbbit.errors import Unsupported, UsageError
from rvbbit.providers.local import clusters
from rvbbit.providers.local.minilm import MiniLM
from rvbbit.providers.local.provider import LocalProvider
from rvbbit.types import NO_EXAMPLES, Example, ExampleSet, LocalTask, Request

PARCELS = ["The parcel never arrived.", "Where is my parcel?", "My parcel came too late.", "The parcel was damaged on the way."]
CHARGES = ["I was charged twice.", "Please refund the double charge.", "You charged my card two times."]
SOUP = "The soup needs more salt and a little pepper."
TEXTS = sorted([*PARCELS, *CHARGES])


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    provider = LocalProvider(MiniLM())
    yield provider
    asyncio.run(provider.close())


async def ask(provider: LocalProvider, kind: Any, texts: Sequence[str] | None, learned: ExampleSet = NO_EXAMPLES, **more: Any) -> Any:
    task = LocalTask(kind, text="texts", against="steer", threshold=0.65, n="n")
    return (await provider.complete(Request("local:minilm", arguments={"texts": texts, **more}, examples=learned, local=task))).value


async def test_clusters_hold_each_text_once_and_are_named_by_what_sets_them_apart(provider: LocalProvider) -> None:
    found = await ask(provider, "clusters", [*TEXTS, *TEXTS], n=2)
    assert [sorted(one["members"]) for one in found] == [sorted(PARCELS), sorted(CHARGES)]
    assert "parcel" in found[0]["label"] and "charge" in found[1]["label"]


async def test_themes_are_names_the_most_frequent_first(provider: LocalProvider) -> None:
    themes = await ask(provider, "themes", sorted([*PARCELS, *CHARGES, *CHARGES, *CHARGES]), n=2)
    assert len(themes) == 2 and "charge" in themes[0] and "parcel" in themes[1]


@pytest.mark.parametrize("kind", ["dedupe", "outliers"])
async def test_the_order_of_texts_changes_nothing(provider: LocalProvider, kind: str) -> None:
    texts = [*TEXTS, "Where is my parcel", "Where's my parcel?", SOUP]
    forwards, backwards = [await ask(provider, kind, given, n=1) for given in (texts, texts[::-1])]
    assert set(forwards) == set(backwards) and len(forwards) < len(texts)


@pytest.mark.parametrize("kind", ["themes", "topics", "clusters"])
async def test_without_a_number_there_are_as_many_as_are_told_apart(provider: LocalProvider, kind: str) -> None:
    assert len(await ask(provider, kind, TEXTS)) == 2


@pytest.mark.parametrize("kind", ["themes", "topics", "clusters"])
async def test_more_than_there_are_texts_is_as_many_as_there_are(provider: LocalProvider, kind: str) -> None:
    assert len(await ask(provider, kind, PARCELS[:2], n=50)) == 2
    assert len(await ask(provider, kind, [SOUP, SOUP], n=5)) == 1


async def test_topics_come_with_typical_texts_and_label_others(provider: LocalProvider) -> None:
    kinds = await ask(provider, "topics", TEXTS, n=2)
    label = LocalTask("label", text="text", labels="kinds")
    for text, number in (("When will my package be here?", 0), ("There are two payments on my bill.", 1)):
        request = Request("local:minilm", arguments={"text": text, "kinds": kinds}, local=label)
        assert (await provider.complete(request)).value == kinds[number]["label"]


async def test_what_says_the_same_is_kept_once_and_the_most_frequent_stands_for_it(provider: LocalProvider) -> None:
    texts = ["How can I reset my password?", "How do I reset my password?", "How do I reset my password?", SOUP]
    assert await ask(provider, "dedupe", texts) == ["How do I reset my password?", SOUP]


async def test_an_outlier_is_far_from_its_neighbours(provider: LocalProvider) -> None:
    assert (await ask(provider, "outliers", [*PARCELS, SOUP], n=1)) == [SOUP]
    assert len(await ask(provider, "outliers", [*PARCELS, SOUP], n=50)) == 5


async def test_a_summary_is_made_of_the_texts_own_sentences(provider: LocalProvider) -> None:
    summary = await ask(provider, "summary", TEXTS)
    assert summary and all(sentence.strip(" .?") in " ".join(TEXTS) for sentence in summary.split(". "))


async def test_a_summary_dwells_on_its_focus(provider: LocalProvider) -> None:
    assert "charge" in (await ask(provider, "summary", TEXTS, steer="money")).split(".")[0]


async def test_a_consensus_is_the_sentence_nearest_to_all(provider: LocalProvider) -> None:
    assert "parcel" in (await ask(provider, "consensus", [*PARCELS, SOUP]))


@pytest.mark.parametrize(("kind", "empty"), [("themes", []), ("outliers", []), ("summary", ""), ("dedupe", [""])])
async def test_blanks_say_nothing(provider: LocalProvider, kind: str, empty: Any) -> None:
    assert await ask(provider, kind, ["", " "], n=1) == empty


async def test_blanks_are_a_kind_and_a_cluster_of_their_own(provider: LocalProvider) -> None:
    blanks = ["", " ", "\n\t"]
    assert (await ask(provider, "clusters", [*blanks, *TEXTS], n=2))[-1] == {"label": "nothing", "members": blanks}
    assert await ask(provider, "clusters", blanks, n=2) == [{"label": "nothing", "members": blanks}]
    kinds = await ask(provider, "topics", [*blanks, *TEXTS], n=2)
    assert len(kinds) == 3 and kinds[-1] == {"label": "nothing", "examples": []}
    for text in blanks:
        asked = Request("local:minilm", arguments={"text": text, "kinds": kinds}, local=LocalTask("label", text="text", labels="kinds"))
        assert (await provider.complete(asked)).value == "nothing"
    assert await ask(provider, "dedupe", [*blanks, SOUP]) == ["", SOUP]


@pytest.mark.parametrize("kind", ["topics", "clusters", "outliers", "dedupe"])
async def test_what_embeddings_cannot_go_by_is_refused(provider: LocalProvider, kind: str) -> None:
    with pytest.raises(Unsupported, match="steer"):
        await ask(provider, kind, TEXTS, n=2, steer="by anger")


@pytest.mark.parametrize("n", [0, -1, 1.5, "two", True])
async def test_a_number_that_is_none_is_refused(provider: LocalProvider, n: Any) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        await ask(provider, "clusters", TEXTS, n=n)


def moods(*said: tuple[list[str], float]) -> ExampleSet:
    made = [Example(f"t{i}", {"texts": texts}, mood, datetime(2026, 1, 1, tzinfo=UTC)) for i, (texts, mood) in enumerate(said)]
    return ExampleSet("1", tuple(made), "all")


async def test_a_mood_is_learned_from_moods_of_others(provider: LocalProvider) -> None:
    taught = moods(
        (["What a wonderful day!", "I love it."], 0.9),
        (["Great service, thank you all."], 0.8),
        (["This is a disaster.", "I am furious."], -0.9),
        (["Terrible, never again."], -0.8),
    )
    good = await ask(provider, "mood", ["Fantastic work, I am so happy!"], taught)
    bad = await ask(provider, "mood", ["Awful. I am very angry and disappointed."], taught)
    assert -1 <= bad < 0 < good <= 1


async def test_a_mood_that_nobody_taught_is_refused_with_what_to_do(provider: LocalProvider) -> None:
    with pytest.raises(Unsupported, match="knows no mood") as caught:
        await ask(provider, "mood", TEXTS)
    assert "RVBBIT_MODEL" in caught.value.hint


def test_the_same_vectors_give_the_same_clusters() -> None:
    random = np.random.default_rng(1)
    made = np.vstack([np.eye(8)[place] + random.normal(0, 0.1, (50, 8)) for place in range(3)])
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    first, second = (clusters.divide(made, np.ones(150), 3) for _ in range(2))
    assert first.places.tolist() == second.places.tolist()
    assert sorted(np.bincount(first.places).tolist()) == [50, 50, 50]
    assert all(len(set(first.places[start : start + 50].tolist())) == 1 for start in (0, 50, 100))
    assert clusters.divide(made, np.ones(150), None).count == 3
