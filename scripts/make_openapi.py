"""Writes the description of the HTTP API that the Studio's types are made from (`npm run types` in `studio/`, or `make docs` for all).

Run it after changing a route; `tests/unit/http/test_studio.py` fails until then.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import rvbbit
from rvbbit.http.app import app
from rvbbit.http.face import Face

FILE = Path(__file__).parent.parent / "studio" / "openapi.json"


def description() -> str:
    """As the file holds it."""
    with tempfile.TemporaryDirectory() as home, rvbbit.connect(home, store=":memory:", database=":memory:") as db:
        face = Face.of(db)
        try:
            return json.dumps(app(face).openapi(), indent=2, ensure_ascii=False) + "\n"
        finally:
            face.close()


def main() -> None:
    FILE.write_text(description(), encoding="utf-8")


if __name__ == "__main__":
    main()
