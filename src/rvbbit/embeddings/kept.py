"""A large space on disk, so that it is read at once and its index made once: beside the store, named by what it is of.

It may be missing, and is never trusted to be right: what it says of the table is compared with the table.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from rvbbit.embeddings.index import Index
from rvbbit.embeddings.space import Space

FORMAT = 2
_log = logging.getLogger(__name__)


class Kept:
    """A folder of spaces. None: nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, name: str) -> Space | None:
        """The space of a name, its vectors and index mapped; None where there is none that can be read."""
        if self._folder is None or not (place := self._place(name)).is_dir():
            return None
        try:
            told = json.loads((place / "space.json").read_text("utf-8"))
            if told["format"] != FORMAT or told["name"] != name:
                return None
            matrix = np.load(place / "matrix.npy", mmap_mode="r")
            with pa.memory_map(str(place / "rows.arrow")) as source:
                rows = pa.ipc.open_file(source).read_all()
            with pa.memory_map(str(place / "hashes.arrow")) as source:
                hashes = pa.ipc.open_file(source).read_all()["hash"].combine_chunks()
            index = Index.opened(place / "index.usearch", matrix.shape[1]) if told["indexed"] else None
            ids, owner = rows["id"].combine_chunks(), rows["owner"].to_numpy()
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            _log.warning("what %s holds cannot be used (%s); it is made again", place, error)
            return None
        return Space(told["state"], ids, owner, hashes, matrix, index)

    def save(self, name: str, space: Space) -> None:
        """Keep a space in place of the one before. What cannot be written is made again the next time."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        except OSError as error:
            _log.warning("the vectors of %s cannot be kept: %s", name, error)
            return
        try:
            np.save(new / "matrix.npy", space.matrix)
            _write(new / "rows.arrow", pa.table({"id": space.ids, "owner": space.owner}))
            _write(new / "hashes.arrow", pa.table({"hash": space.hashes}))
            if space.index is not None:
                space.index.save(new / "index.usearch")
            told = {"format": FORMAT, "name": name, "state": space.state, "indexed": space.index is not None}
            (new / "space.json").write_text(json.dumps(told), "utf-8")
            place = self._place(name)
            shutil.rmtree(place, ignore_errors=True)  # what is mapped stays readable to whoever mapped it
            new.replace(place)
        except (OSError, RuntimeError) as error:
            _log.warning("the vectors of %s cannot be kept: %s", name, error)
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(new)

    def _place(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / hashlib.sha256(name.encode()).hexdigest()[:32]


def _write(file: Path, table: pa.Table) -> None:
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
