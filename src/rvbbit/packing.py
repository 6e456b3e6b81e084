"""How many rows one request may carry, as hints and settings say it: `off`, a number, or `auto` with the agreement it must keep."""

from __future__ import annotations

from dataclasses import dataclass

FEWEST, MOST = 3, 64
AGREEMENT = 0.98
ALLOWED = f"`off`, a number of rows from {FEWEST} to {MOST}, `auto`, or `auto` and the share of answers that must agree (`auto 0.95`)"


@dataclass(frozen=True, slots=True)
class Pack:
    """`rows` a request at most, a check row among them; None: as many as are measured to give the answers that rows asked alone get.

    `agreement` is the share of such answers that must be equal, 0-1. Of `rows` 1, each row is asked alone.
    """

    rows: int | None = 1
    agreement: float = AGREEMENT

    @property
    def off(self) -> bool:
        return self.rows == 1

    def __str__(self) -> str:
        if self.rows is None:
            return "auto" if self.agreement == AGREEMENT else f"auto {self.agreement:g}"
        return "off" if self.off else str(self.rows)


OFF = Pack()


def parse(text: str) -> Pack:
    """What was written. Raises ValueError, which says nothing: `ALLOWED` does."""
    word, _, share = text.strip().lower().partition(" ")
    if word == "auto":
        agreement = float(share) if share else AGREEMENT
        if not 0.5 <= agreement < 1:
            raise ValueError(text)
        return Pack(None, agreement)
    if word == "off" and not share:
        return OFF
    if not (text.strip().isascii() and text.strip().isdigit()) or not FEWEST <= int(text) <= MOST:
        raise ValueError(text)
    return Pack(int(text))
