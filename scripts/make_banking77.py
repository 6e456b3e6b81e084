"""Makes `src/rvbbit/datasets/banking77/` from `../shared/data/banking77`; never changes a text or a label.

.venv/bin/python scripts/make_banking77.py [--source DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src" / "rvbbit" / "datasets" / "banking77"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=ROOT.parent / "shared" / "data" / "banking77", help="folder of train.csv, test.csv")
    source = parser.parse_args().source
    columns = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(("id", "text", "label"), pa.string()))
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    for split in ("train", "test"):
        table = pyarrow.csv.read_csv(source / f"{split}.csv", parse_options=parsing, convert_options=columns)
        path = TARGET / f"{split}.parquet"
        pyarrow.parquet.write_table(table, path, compression="zstd", compression_level=19, use_dictionary=["label"])
        print(f"{path}: {table.num_rows} rows, {path.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
