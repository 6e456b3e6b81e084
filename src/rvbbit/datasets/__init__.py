"""The data that ships with the package, train and test apart; never changed after it was made (`scripts/make_banking77.py`)."""

from __future__ import annotations

from importlib.resources import as_file, files

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet


def banking77() -> tuple[pa.Table, pa.Table, list[str]]:
    """Customer questions to a bank in 77 intents: (train, test, labels). CC BY 4.0, PolyAI (Casanueva et al. 2020), see `LICENSE`.

    Shape: both tables have `id`, `text`, `label`, all strings without nulls; labels are sorted. No text of test is in train.
    """
    train, test = (_read("banking77", split) for split in ("train", "test"))
    labels: list[str] = sorted(pyarrow.compute.unique(train["label"]).to_pylist())
    return train, test, labels


def _read(name: str, split: str) -> pa.Table:
    with as_file(files(__name__).joinpath(name, f"{split}.parquet")) as path:
        return pyarrow.parquet.read_table(path)
