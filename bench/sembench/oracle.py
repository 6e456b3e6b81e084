"""A model that knows each review's label and errs at a stated rate: for one seed always on the same reviews. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from rvbbit.cascades.templates import escape
from rvbbit.testing.answers import Body, question, schema

TEXT = re.compile(r"<text>(.*?)</text>", re.DOTALL)
PAIR = re.compile(r"<text>(.*?)</text>\n<other>(.*?)</other>", re.DOTALL)
LEVELS = ("very negative", "negative", "neutral", "positive", "very positive")
SCALES = {"A": 4.5, "B": 3.6, "C": 2.5, "D": 1.5, "F": 0.5}  # letters as parts of five


class Oracle:
    """The fake server's rule. `accuracy` is the share of labels that are right; of five levels, a wrong one is a neighbour.

    A pair is judged by what either review is taken for; where it errs `by_pairs`, that share of pairs is right whatever the labels are.
    """

    def __init__(self, reviews: Mapping[str, tuple[bool, int]], accuracy: float, seed: int, *, by_pairs: bool = False) -> None:
        self._reviews = {escape(text): true for text, true in reviews.items()}  # as prompts have them
        self._accuracy = accuracy
        self._seed = seed
        self._by_pairs = by_pairs

    def __call__(self, body: Body) -> Any:
        if pair := PAIR.findall(question(body)):
            return self._alike(*pair[-1]) == ("same sentiment" in str(body["messages"]))
        text = TEXT.findall(question(body))[-1]
        positive, level = self._reviews[text]
        dice, wrong = self._thrown(text)
        asked = str(schema(body))
        if "boolean" in asked:
            return positive != wrong
        if "neutral" in asked:
            return LEVELS[min(4, max(0, level + (dice.choice((-1, 1)) if wrong else 0)))]
        return "positive" if positive != wrong else "negative"

    def _thrown(self, text: str) -> tuple[random.Random, bool]:
        dice = random.Random(f"{self._seed} {text}")
        return dice, dice.random() >= self._accuracy

    def _alike(self, one: str, other: str) -> bool:
        if self._by_pairs:
            return (self._reviews[one][0] == self._reviews[other][0]) != self._thrown(f"{min(one, other)} {max(one, other)}")[1]
        first, second = (self._reviews[text][0] != self._thrown(text)[1] for text in (one, other))
        return first == second


def level(score: str, positive: bool) -> int:
    """A critic's own score as a level from 0 to 4; where there is none that can be read, the side it is on."""
    parts = score.split("/")
    if len(parts) == 2 and all(part.replace(".", "", 1).isdigit() for part in parts) and float(parts[1]) > 0:
        return min(4, int(5 * float(parts[0]) / float(parts[1])))
    if score[:1] in SCALES:
        return int(SCALES[score[:1]])
    return 3 if positive else 1
