"""all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) run by onnxruntime from weights inside the package; never downloads anything.

384 dimensions, 256 tokens at most: what a text says after its 256th token is not seen. Weights are made by `scripts/make_minilm.py`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from rvbbit.errors import ModelNotFound
from rvbbit.interfaces import Matrix
from rvbbit.providers.local.vectors import Vector, Vectors

WIDTH = 384
TOKENS_A_RUN = 1024  # measured: 512 to 2048 are equally fast; more falls out of the processor's cache
READ_CHARACTERS = 20_000  # 256 tokens end far before; tokenising a megabyte takes seconds

FOLDER = Path(str(files("rvbbit"))) / "models" / "all-MiniLM-L6-v2"
MODEL = b"all-MiniLM-L6-v2 int8 1"

A = TypeVar("A")
T = TypeVar("T")
Pair: TypeAlias = tuple[bytes, list[int]]
Batch: TypeAlias = list[Pair]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's vector is a row of `vectors`; `tokens` counts what the model read of it (two marks included)."""

    vectors: Matrix
    tokens: npt.NDArray[np.int64]


class MiniLM:
    """Text → vectors of length 1 in a worker thread of its own, loaded when first asked. `directory` keeps vectors between runs."""

    name = "minilm"

    def __init__(self, directory: Path | None = None, *, threads: int | None = None) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="rvbbit-minilm")
        self._vectors = Vectors(directory)
        self._threads = threads or _cores()
        self._model: Model | None = None

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One row of length 1 a text, in order. Equal texts are computed once, ever. Raises ModelNotFound where the weights are missing."""
        return (await self.encode(texts)).vectors

    async def counted(self, texts: Sequence[str]) -> tuple[Matrix, int]:
        """The same with the tokens of all texts together."""
        encoded = await self.encode(texts)
        return encoded.vectors, int(encoded.tokens.sum())

    async def encode(self, texts: Sequence[str]) -> Encoded:
        """The same with the number of tokens. Cancelling it breaks off the run of the model that is under way."""
        if not texts:
            return Encoded(np.empty((0, WIDTH), np.float32), np.empty(0, np.int64))
        keys = [_key(text) for text in texts]
        known = await self._in_worker(self._vectors.get, set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        for batch in await self._in_worker(self._batches, missing):
            known |= await self._run(batch)
        return _gather([known[key] for key in keys])

    async def close(self) -> None:
        """Give back the thread, the weights and the file. Safe to call twice."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._worker.shutdown)
        self._model = None
        self._vectors.close()

    def _in_worker(self, work: Callable[[A], T], argument: A) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._worker, work, argument)

    def _batches(self, texts: Mapping[bytes, str]) -> list[Batch]:
        """Texts as token ids, short ones together so that little is padded."""
        if not texts:
            return []
        self._model = self._model or Model(self._threads)
        ids = self._model.tokenize(list(texts.values()))
        return list(_batches(sorted(zip(texts, ids, strict=True), key=lambda pair: len(pair[1]))))

    async def _run(self, batch: Batch) -> dict[bytes, Vector]:
        assert self._model is not None  # batches come from it
        given_up = self._model.given_up()
        try:
            return await self._in_worker(lambda batch: self._read(batch, given_up), batch)
        except asyncio.CancelledError:
            given_up.terminate = True
            raise

    def _read(self, batch: Batch, given_up: Any) -> dict[bytes, Vector]:
        assert self._model is not None
        vectors = self._model.run([ids for _, ids in batch], given_up)
        rows = {key: Vector(row.tobytes(), len(ids)) for (key, ids), row in zip(batch, vectors, strict=True)}
        self._vectors.put(rows)
        return rows


class Model:
    """The weights and the tokenizer, loaded. Slow to make (0.3 s); used from one thread."""

    def __init__(self, threads: int) -> None:
        # Imported when first needed: they take 0.2 s, which plain SQL need not pay.
        from onnxruntime import InferenceSession, RunOptions, SessionOptions
        from tokenizers import Tokenizer

        for name in ("model.onnx", "tokenizer.json"):
            if not (FOLDER / name).is_file():
                raise ModelNotFound(f"local:minilm: {FOLDER / name} is missing", hint="the installation is damaged: install rvbbit again")
        options = SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # A thread that waits by spinning takes a core from the rest of the process: twice the CPU time, half the speed on busy cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.given_up: Callable[[], Any] = RunOptions
        self._tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids, at most 256 a text. What is no character (half a surrogate pair) is read as `?`."""
        clean = [text[:READ_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]

    def run(self, batch: Sequence[Sequence[int]], given_up: Any) -> Matrix:
        """A row a text. It ends by an exception once `given_up.terminate` is true, which any thread may say; made by `self.given_up()`."""
        ids = np.zeros((len(batch), max(map(len, batch))), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        vectors: Matrix = self._session.run(None, {"input_ids": ids, "attention_mask": mask}, given_up)[0]
        return vectors


def _batches(pairs: Sequence[Pair]) -> Iterator[Batch]:
    """Cut where one more would make the padded batch larger than `TOKENS_A_RUN`; pairs come shortest first."""
    batch: Batch = []
    for pair in pairs:
        if batch and (len(batch) + 1) * len(pair[1]) > TOKENS_A_RUN:
            yield batch
            batch = []
        batch.append(pair)
    if batch:
        yield batch


def _key(text: str) -> bytes:
    """A text's place in the cache. `MODEL` is part of it: another model's vectors are other vectors."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=MODEL).digest()


def _gather(rows: Sequence[Vector]) -> Encoded:
    vectors = np.frombuffer(b"".join(row.data for row in rows), np.float32).reshape(len(rows), WIDTH)
    return Encoded(vectors, np.array([row.tokens for row in rows], np.int64))


def _cores() -> int:
    """Those this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
