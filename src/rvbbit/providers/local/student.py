"""The student: which answer an embedded text gets, learned from the answers' names and however many examples there are.

Pure functions of matrices; reads no text, keeps no state. Two closed forms, blended; one setting serves all (`bench/learning.py`).

*Neighbours* (Nadaraya-Watson, one density an answer): each example votes for its answer as strongly as it is near, and so does each
answer's name. What has no example yet is reached through its name, and an answer with many examples gains nothing by their number.
*Borders* (kernel ridge regression on what the names leave unexplained) are drawn between the answers that have examples, and only reorder
those among themselves: whether an answer with or one without examples wins is left to the neighbours. Borders are trusted where examples
are spread evenly, neighbours where they are not: ridge leans towards what it saw most.

Measured beside it on ten data sets, 1 to 20 examples a label: linear ridge, shrunken LDA, centroids, either form alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.intp]

SHARPNESS = 10.0  # how much nearer neighbours outweigh farther ones; softmax of the similarities times this is calibrated best
NAME_WEIGHT = 2.0  # a name votes as this many examples,
UNSEEN_WEIGHT = 100.0  # plus this, times the share of answers without examples: the first few cannot drown all other names,
FIRST_EXAMPLES = 10.0  # plus this, divided by the number of examples: two sentences say less about a sentiment than its name
KERNEL_WIDTH = 0.8
NOISE = 0.2
BORDER_SCALE = 12.0  # brings ridge scores, about 0 to 1, to the scale of the densities' logarithms
MOST_EXAMPLES = 4000  # fitting takes their number cubed: a few seconds here


@dataclass(frozen=True, slots=True)
class Names:
    """What the answers are called, before any example: one row of length 1 an answer.

    `floor`, where set, adds one last answer without a name ("it is not so"), taken to be this similar to every text.
    """

    vectors: Array
    floor: float | None = None

    @property
    def count(self) -> int:
        """Answers there are."""
        return len(self.vectors) + (self.floor is not None)

    def similarities(self, texts: Array) -> Array:
        """Texts × answers."""
        near: Array = texts @ self.vectors.T
        return near if self.floor is None else np.hstack([near, np.full((len(texts), 1), self.floor)])


@dataclass(frozen=True, slots=True)
class Borders:
    """Kernel ridge regression over the answers `seen`. `anchors` are the examples and the seen names; `names` says how far names count."""

    seen: Places
    anchors: Array
    weights: Array
    names: float
    trust: float


@dataclass(frozen=True, slots=True)
class Head:
    """Names and examples, fitted. `votes` is examples × answers; `weight` is what a name counts, in examples."""

    names: Names
    examples: Array
    votes: Array
    weight: float
    borders: Borders | None

    def scores(self, texts: Array) -> Array:
        """Texts × answers: logarithms of densities, so that a softmax of a row gives probabilities."""
        near = self.names.similarities(texts)
        counts = self.votes.sum(axis=0)
        total = np.exp(SHARPNESS * (texts @ self.examples.T)) @ self.votes + self.weight * np.exp(SHARPNESS * near)
        scores: Array = np.log(total / (counts + self.weight))
        if self.borders is not None:
            scores[:, self.borders.seen] = _reordered(self.borders, scores[:, self.borders.seen], near, texts)
        return scores


def fit(names: Names, examples: Array, answers: Array | Places) -> Head:
    """A head from examples (rows of length 1, newest first) and the place of each one's answer among the names.

    Above `MOST_EXAMPLES` the newest of each answer are kept.
    """
    places = answers.astype(np.intp)
    kept = _newest(places, MOST_EXAMPLES)
    examples, votes = examples[kept], np.eye(names.count)[places[kept]]
    counts = votes.sum(axis=0)
    weight = NAME_WEIGHT + UNSEEN_WEIGHT * float((counts == 0).mean()) + FIRST_EXAMPLES / max(len(examples), 1)
    return Head(names, examples, votes, weight, _borders(names, examples, votes))


def probabilities(scores: Array) -> Array:
    """Softmax of each row."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _borders(names: Names, examples: Array, votes: Array) -> Borders | None:
    """None where fewer than two answers have examples: there is nothing to tell apart."""
    counts = votes.sum(axis=0)
    seen = np.flatnonzero(counts)
    if len(seen) < 2:
        return None
    evenness = len(seen) / (1 / counts[seen]).sum() / counts[seen].mean()  # harmonic by arithmetic mean
    named = seen if names.floor is None else seen[:0]  # a name on one side only would pull all texts to the other
    anchors = np.vstack([examples, names.vectors[named]])
    targets = np.vstack([votes, np.eye(names.count)[named]])[:, seen]
    far = 1 + FIRST_EXAMPLES / len(examples)
    crowd = np.concatenate([votes @ counts / counts[seen].mean(), np.ones(len(named))])  # an example among many weighs less
    kernel = _kernel(anchors, anchors)
    kernel[np.diag_indices_from(kernel)] += NOISE * crowd
    weights = np.asarray(np.linalg.solve(kernel, targets - far * names.similarities(anchors)[:, seen]), np.float64)
    return Borders(seen, anchors, weights, far, float(evenness**2))


def _reordered(borders: Borders, scores: Array, near: Array, texts: Array) -> Array:
    """The seen answers' scores with the borders blended in, the best of them as high as the best was."""
    ridge = _kernel(texts, borders.anchors) @ borders.weights + borders.names * near[:, borders.seen]
    blended = (1 - borders.trust) * scores + borders.trust * BORDER_SCALE * ridge
    return np.asarray(blended - blended.max(axis=1, keepdims=True) + scores.max(axis=1, keepdims=True))


def _kernel(left: Array, right: Array) -> Array:
    return np.asarray(np.exp((left @ right.T - 1) / KERNEL_WIDTH))


def _newest(answers: Places, limit: int) -> Places:
    """At most `limit` places, an equal number of each answer as far as there are, first ones first."""
    if len(answers) <= limit:
        return np.arange(len(answers))
    order = np.argsort(answers, kind="stable")
    _, starts, counts = np.unique(answers[order], return_index=True, return_counts=True)
    rank = np.empty(len(answers), np.intp)
    rank[order] = np.arange(len(answers)) - np.repeat(starts, counts)
    return np.sort(np.argsort(rank, kind="stable")[:limit])
