"""A model that knows each review's label and errs at a stated rate: for one seed always on the same reviews. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from rvbbit.cascades.templates import escape
from rvbbit.testing.answers import Body, question, schema

TEXT = re.compile(r"<text>(.*?)</text>", re.DOTALL)
LEVELS = ("very negative", "negative", "neutral", "positive", "very positive")
SCALES = {"A": 4.5, "B": 3.6, "C": 2.5, "D": 1.5, "F": 0.5}  # letters as parts of five


class Oracle:
    """The fake server's rule. `accuracy` is the share of labels that are right; of five levels, a wrong one is a neighbour."""

    def __init__(self, reviews: Mapping[str, tuple[bool, int]], accuracy: float, seed: int) -> None:
        self._reviews = {escape(text): true for text, true in reviews.items()}  # as prompts have them
        self._accuracy = accuracy
        self._seed = seed

    def __call__(self, body: Body) -> Any:
        text = TEXT.findall(question(body))[-1]
        positive, level = self._reviews[text]
        dice = random.Random(f"{self._seed} {text}")
        wrong = dice.random() >= self._accuracy
        asked = str(schema(body))
        if "boolean" in asked:
            return positive != wrong
        if "neutral" in asked:
            return LEVELS[min(4, max(0, level + (dice.choice((-1, 1)) if wrong else 0)))]
        return "positive" if positive != wrong else "negative"


def level(score: str, positive: bool) -> int:
    """A critic's own score as a level from 0 to 4; where there is none that can be read, the side it is on."""
    parts = score.split("/")
    if len(parts) == 2 and all(part.replace(".", "", 1).isdigit() for part in parts) and float(parts[1]) > 0:
        return min(4, int(5 * float(parts[0]) / float(parts[1])))
    if score[:1] in SCALES:
        return int(SCALES[score[:1]])
    return 3 if positive else 1
