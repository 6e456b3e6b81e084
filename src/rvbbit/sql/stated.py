"""What has been said about each call of a statement: the hint before it, the hints for all, and what the settings say beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rvbbit.sql.call import Call
from rvbbit.sql.statements import Hints


def hints_of(calls: Sequence[Call], whole: Hints, local: Sequence[tuple[int, Hints]], accuracy: float | None = None) -> dict[int, Hints]:
    """The hints of each call, by its id. A target of the settings, their `accuracy`, is that of each call for which no other is stated."""
    found = {int(call.meta["id"]): whole for call in calls}
    for offset, hint in local:
        following = [call for call in calls if call.meta["token"] >= offset]
        if following:
            nearest = min(int(call.meta["token"]) for call in following)
            for call in [call for call in following if call.meta["token"] == nearest]:  # one that was written may have become several
                found[call.meta["id"]] = hint.over(found[call.meta["id"]])
    return {id_: _targeted(hints, accuracy) for id_, hints in found.items()}


def _targeted(hints: Hints, accuracy: float | None) -> Hints:
    silent = hints.accuracy is None and hints.precision is None and hints.recall is None
    return replace(hints, accuracy=accuracy) if silent and accuracy is not None else hints
