"""Clusters of embedded texts and what sets each apart in words. Pure functions; the same texts always give the same clusters.

Spherical k-means from k-means++ seeds (Arthur and Vassilvitskii 2007), the best of a few starts; how many clusters, where nobody says, by
the simplified silhouette (Hruschka et al. 2004). Names are the words of highest class-based TF-IDF (Grootendorst 2022, BERTopic).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rvbbit.providers.local.student import Array, Places

STARTS = 4
TRIAL_STARTS = 2  # while the number of clusters is chosen
ROUNDS = 30
FITTED = 4_000  # texts that centres are fitted on; all are assigned
CHOSEN_ON = 600  # texts that the number of clusters is chosen on
NAME_WORDS = 3
_WORD = re.compile(r"[^\W\d_][\w'’-]*[^\W_]|[^\W\d_]")
_DULL = """
    a about above after again all also am an and any are aren't as at be because been before being below between both but by can can't
    cannot could couldn't did didn't do does doesn't doing don't down during each even ever every few for from further get gets got had
    has have having he her here hers him his how i i'd i'll i'm i've if in into is isn't it it's its itself just let like made make many
    may me might more most much must my never new no nor not now of off on once one only or other our ours out over own per said same
    say says she should so some still such than that that's the their them then there these they this those through to too two under
    until up upon us use used very via was way we were what when where which while who whom why will with within without would year
    years yes yet you your yours
"""
DULL = frozenset(_DULL.split())


@dataclass(frozen=True, slots=True)
class Clusters:
    """`places[i]` is the cluster of text i, the largest cluster (by `weights`) being 0; `centres` are rows of length 1."""

    places: Places
    centres: Array

    @property
    def count(self) -> int:
        """Clusters there are."""
        return len(self.centres)


def divide(vectors: Array, weights: Array, n: int | None, *, most: int = 10) -> Clusters:
    """Distinct texts (rows of length 1, each counted `weights[i]` times) in `n` clusters, fewer where they have no more different vectors.

    `n` None: as many as are told apart best, from 2 to `most` or the root of their number.
    """
    different = len({row.tobytes() for row in vectors.round(6)}) if len(vectors) <= FITTED else FITTED
    sample = _spread(len(vectors), FITTED)
    if n is None:
        most = min(most, different - 1, max(2, math.isqrt(different)))
        n = _best_number(vectors[_spread(len(vectors), CHOSEN_ON)], most) if different > 2 else different
    centres = _fitted(vectors[sample], weights[sample], max(1, min(n, different)))
    places = np.argmax(vectors @ centres.T, axis=1)
    sizes = np.bincount(places, weights, len(centres))
    order = [int(one) for one in np.argsort(-sizes, kind="stable") if sizes[one] > 0]
    rank = np.full(len(centres), 0, np.intp)
    rank[order] = np.arange(len(order))
    return Clusters(rank[places], centres[order])


def typical(vectors: Array, clusters: Clusters, cluster: int, most: int) -> list[int]:
    """The places of the texts nearest to a cluster's centre."""
    members = np.flatnonzero(clusters.places == cluster)
    near = vectors[members] @ clusters.centres[cluster]
    return [int(members[place]) for place in np.argsort(-near, kind="stable")[:most]]


def names(texts: Sequence[str], weights: Array, clusters: Clusters) -> list[str]:
    """A name for each cluster: the words that are more frequent in it than elsewhere; no two the same."""
    counts = [Counter[str]() for _ in range(clusters.count)]
    for text, weight, place in zip(texts, weights, clusters.places, strict=True):
        counts[place].update(dict.fromkeys(words(text), int(weight)))
    everywhere = sum(counts, Counter[str]())
    average = sum(sum(one.values()) for one in counts) / max(1, clusters.count)
    named: list[str] = []
    for number, own in enumerate(counts):
        total = sum(own.values()) or 1.0
        scores = {word: times / total * math.log(1 + average / everywhere[word]) for word, times in own.items()}
        best = _unlike(sorted(scores, key=lambda word: (-scores[word], word)))
        name = ", ".join(best) or f"group {number + 1}"
        named.append(name if name not in named else f"{name} ({number + 1})")
    return named


def words(text: str) -> list[str]:
    """The words of a text that say something, in lower case."""
    return [word for word in (match.lower() for match in _WORD.findall(text)) if word not in DULL and (len(word) > 2 or not word.isascii())]


def _unlike(ranked: Iterable[str]) -> list[str]:
    """The first few words, none of them a form of one before."""
    chosen: list[str] = []
    for word in ranked:
        if len(chosen) == NAME_WORDS:
            break
        if not any(word.startswith(one[:5]) or one.startswith(word[:5]) for one in chosen):
            chosen.append(word)
    return chosen


def _spread(count: int, most: int) -> Places:
    """At most so many places, evenly over all."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.intp)


def _fitted(vectors: Array, weights: Array, n: int, starts: int = STARTS) -> Array:
    best, least = vectors[:1], math.inf
    for start in range(starts if n > 1 else 1):
        centres = _seeds(vectors, weights, n, np.random.default_rng(start))
        places = np.argmax(vectors @ centres.T, axis=1)
        for _ in range(ROUNDS):
            centres = _centres(vectors, weights, places, centres)
            moved = np.argmax(vectors @ centres.T, axis=1)
            if np.array_equal(moved, places):
                break
            places = moved
        apart = float(weights @ (1 - np.einsum("ij,ij->i", vectors, centres[places])))
        if apart < least - 1e-9:
            best, least = centres, apart
    return best


def _seeds(vectors: Array, weights: Array, n: int, random: np.random.Generator) -> Array:
    """k-means++: each next one drawn by how far it is from those there are."""
    chosen = [int(random.choice(len(vectors), p=weights / weights.sum()))]
    far = np.maximum(1 - vectors @ vectors[chosen[0]], 0)
    while len(chosen) < n:
        odds = weights * far
        chosen.append(int(random.choice(len(vectors), p=odds / odds.sum())) if odds.sum() > 0 else len(chosen) % len(vectors))
        far = np.minimum(far, np.maximum(1 - vectors @ vectors[chosen[-1]], 0))
    return vectors[chosen]


def _centres(vectors: Array, weights: Array, places: Places, before: Array) -> Array:
    weighted = vectors * weights[:, None]
    sums = np.array([weighted[places == place].sum(axis=0) for place in range(len(before))])  # a thin product would wait for busy cores
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, sums / np.maximum(lengths, 1e-9), before)


def _best_number(vectors: Array, most: int) -> int:
    """The number of clusters that are told apart best: how much nearer a text is to its own centre than to the next one."""
    weights = np.ones(len(vectors))
    best, highest = 2, -math.inf
    for n in range(2, max(2, most) + 1):
        away = np.sort(1 - vectors @ _fitted(vectors, weights, n, TRIAL_STARTS).T, axis=1)
        told = float(np.mean((away[:, 1] - away[:, 0]) / np.maximum(away[:, 1], 1e-9)))
        if told > highest + 1e-9:
            best, highest = n, told
    return best
