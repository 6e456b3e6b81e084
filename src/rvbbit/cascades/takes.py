"""Picking one of several answers to the same question by vote. It never asks a model; the evaluator's call is the cell's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from rvbbit.types import Value


def vote(answers: Sequence[Value]) -> Value:
    """The most frequent answer; of equally frequent ones, the first given."""
    spelled = [json.dumps(answer, sort_keys=True) for answer in answers]
    winner, _ = Counter(spelled).most_common(1)[0]
    return answers[spelled.index(winner)]
