"""What a command says is the same whether it opens the project or asks a server that holds it: two projects alike, one of them served."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from rvbbit.cli import main
from support.serving import Serving

ALL_TYPES = "SELECT * EXCLUDE (float, double, double_array) FROM test_all_types()"
LOGGED = 1_200  # more than a server lists at once
TAUGHT = ("--cascade-id", "classify", "--map", "ticket=text", "--set", 'labels=["delivery","billing"]')

COMMANDS: list[tuple[str, ...]] = [
    ("sql", "SELECT 2.50::DECIMAL(5, 2) AS b, [1, NULL] AS c, {'x': DATE '2026-01-02'} AS d, 'é' AS e, 1::HUGEINT << 90 AS f, NULL AS g"),
    ("sql", "--format", "json", "SELECT 9007199254740993, 'NaN'::DOUBLE AS b, '\\x00'::BLOB AS c, INTERVAL 3 DAY, MAP {'k': 1} AS e"),
    ("sql", "--format", "csv", "SELECT '' AS a, NULL AS b, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS c; SELECT 1 WHERE false"),
    ("sql", "--format", "jsonl", "SELECT range AS n FROM range(5000)"),
    ("sql", "CREATE TABLE letters AS SELECT 'My parcel is late' AS text; SELECT text MEANS 'delivery' AS m FROM letters; FROM letters"),
    ("sql", "-- @@ training: off\nSELECT text, CLASSIFY(text, 'delivery,billing') AS kind FROM letters -- and done"),
    ("sql", "BEGIN; INSERT INTO letters VALUES ('a'); CREATE TEMP TABLE t AS SELECT 1 AS x; FROM t; ROLLBACK; FROM letters"),
    ("sql", "BEGIN; DELETE FROM letters"),
    ("sql", "SELECT count(*) FROM letters"),
    ("sql", "SELECT 1;\n\n  SELECT nope FROM letters"),
    ("sql", "SELECT text MEENS 'x' FROM letters"),
    ("sql", "SELECT 1 FROM (SELECT"),
    ("sql", "-- @ modle: x\nSELECT text MEANS 'x' FROM letters"),
    ("sql", "-- nothing but this"),
    ("sql", ""),
    ("sql", "--explain", "SELECT text MEANS 'weather' FROM letters"),
    ("sql", "--explain", "SELECT 1; SELECT 2"),
    ("sql", "--explain", "EXPLAIN ANALYZE SELECT text MEANS 'delivery' FROM letters"),
    ("sql", "--model", "openai:none", "SELECT text MEANS 'weather' FROM letters"),
    ("sql", "--budget", "0.5", "SELECT text MEANS 'money' FROM letters"),
    ("sql", "DELETE FROM rvbbit.unified_logs"),
    ("sql", "SELECT * FROM read_csv('nowhere.csv')"),
    ("operators",),
    ("operators", "show", "means"),
    ("operators", "show", "mean"),
    ("operators", "show", "cascades/team.cascade.yaml"),
    ("operators", "test"),
    ("operators", "test", "means"),
    ("operators", "test", "cascades/team.cascade.yaml"),
    ("operators", "test", "cascades/none.cascade.yaml"),
    ("run", "classify", "--input", '{"text": "the bill is wrong", "labels": ["delivery", "billing"]}'),
    ("run", "cascades/team.cascade.yaml", "--input", '{"text": "the bill is wrong"}', "--session", "mine"),
    ("run", "clasify"),
    ("run", "classify", "--input", '{"words": 1}'),
    ("training",),
    ("training", "list", "--limit", "3"),
    ("training", "list", "--sort", "timestamp", "--order", "asc", "--limit", "1100", "--offset", "7", "--format", "csv"),
    ("training", "list", "--cascade-id", "classify", "--search", "parcel 7", "--format", "json", "--since", "2020-01-01"),
    ("training", "mark", "--search", "parcel 70", "--verified", "--tag", "a", "--tag", "b"),
    ("training", "mark", "--cascade-id", "classify", "--search", "parcel 71", "--correct", "billing"),
    ("training", "mark", "--search", "parcel 72", "--correct", "weather"),
    ("training", "mark", "none-of-that-id"),
    ("training", "mark"),
    ("training", "unmark", "--tagged", "b", "--search", "parcel 701"),
    ("training", "undo", "nothing"),
    ("training", "list", "--trainable", "--format", "jsonl"),
    ("training",),
    ("sql", "SELECT CLASSIFY('where is parcel 70?', 'delivery,billing') AS kind"),
    ("training", "sets"),
    ("training", "sets", "diff", "a", "b"),
    ("training", "contradictions", "classify", "label"),
    ("training", "choose", "nothing"),
    ("training", "evaluate", "classify"),
    ("training", "evaluate", "nothing"),
    ("training", "evaluate", "classify", "--race", "--scope", '{"labels": ["delivery", "billing"]}'),
    ("training", "import", "more.csv", *TAUGHT, "--dry-run"),
    ("training", "import", "more.csv", *TAUGHT),
    ("training", "import", "folder", "--cascade-id", "clasify"),
    ("training", "import", "none.jsonl"),
    ("training", "import", "rubbish.parquet"),
    ("training", "export", "-", "--trainable"),
    ("training", "export", "-", "--format", "csv", "--search", "parcel 9"),
    ("training", "export", "missing/out.jsonl"),
    ("score", "--free"),
    ("score", "--backfill", "--free", "--limit", "30"),
    ("score", "--backfill"),
    ("score",),
    ("training", "list", "--min-confidence", "0.5", "--limit", "2", "--sort", "confidence"),
    ("training", "review", "--limit", "4"),
    ("training", "review", "--limit", "2", "--json"),
    ("training", "calibration"),
    ("training", "calibration", "nobody", "nothing"),
    ("doctor",),
]  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What one command said, without what must differ."""

    code: int
    out: str
    err: str


def make(home: Path) -> None:
    """A project with a log to look at and files to import."""
    home.mkdir()
    assert main.run(("init", str(home))) == 0
    (home / "data" / "log.jsonl").write_text("".join(_execution(number) for number in range(LOGGED)))
    (home / "more.csv").write_text("ticket,response,colour\nthe bill is wrong,billing,red\nwhere is it,weather,\n,delivery,\n")
    (home / "folder").mkdir()
    (home / "folder" / "a.jsonl").write_text('{"prompt": "a", "response": "b"}\nnot JSON\n')
    (home / "folder" / "b.csv").write_text("prompt,response\nc,d\n")
    (home / "rubbish.parquet").write_text("PAR2")
    assert main.run(("--home", str(home), "training", "import", str(home / "data" / "log.jsonl"))) == 0


def _execution(number: int) -> str:
    inputs = {"text": f"where is parcel {number}?", "labels": ["delivery", "billing"]}
    said = {"cascade_id": "classify", "cell_name": "label", "inputs": inputs, "response": "delivery", "id": number, "model": "m"}
    return json.dumps({**said, "timestamp": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"}) + "\n"


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Serving]]:
    """One that nobody holds, and its twin that a server does."""
    alone, held = tmp_path_factory.mktemp("alone") / "p", tmp_path_factory.mktemp("held") / "p"
    make(alone)
    shutil.copytree(alone, held)
    with Serving(held, more={"RVBBIT_SCORING": "off"}) as server:
        yield alone, server


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in a project."""

    def run(home: Path, *command: str) -> Said:
        monkeypatch.chdir(home)
        code = main.run(command)
        out, err = capfd.readouterr()
        return Said(code, _plain(out, home), _plain(err, home))

    return run


def _plain(text: str, home: Path) -> str:
    """Without ids, moments, durations, sizes and the place."""
    text = text.replace(str(home), "HOME")
    text = re.sub(r"\b[0-9a-f]{10,32}\b", "ID", text)
    text = re.sub(r"2026-(?!01-01)\d\d-\d\d[ T]\d\d:\d\d(:[\d.]+)?(\+00:00|Z)?", "WHEN", text)
    text = re.sub(r"\b[\d.]+ m?s\b", "SOME s", text)
    text = re.sub(r"\b[\d.]+ (MB|bytes)\b", r"SOME \1", text)
    text = re.sub(r"[\d.]+ s\]", "SOME s]", text)
    return re.sub(r" ok   server .*\n", "", text)


def test_every_command_says_the_same(projects: tuple[Path, Serving], said: Callable[..., Said], subtests: pytest.Subtests) -> None:
    alone, server = projects
    for command in COMMANDS:
        with subtests.test(" ".join(command)):
            expected, found = said(alone, *command), said(server.home, *command)
            assert found.code == expected.code, found.err
            assert found.out.splitlines() == expected.out.splitlines()
            assert found.err.splitlines() == expected.err.splitlines()
    assert server.process.poll() is None


@pytest.mark.parametrize("text", [ALL_TYPES, f"{ALL_TYPES} LIMIT 0"], ids=["rows", "none"])
def test_a_file_of_rows_has_the_same_types(projects: tuple[Path, Serving], said: Callable[..., Said], text: str) -> None:
    """Every type that a query may give, also where there are no rows. NaN is not even equal to itself."""
    tables = []
    for home in (projects[0], projects[1].home):
        assert said(home, "sql", "--format", "arrow", "-o", "rows", text).code == 0
        tables.append(pa.ipc.open_stream(home / "rows").read_all())
    assert tables[0].schema == tables[1].schema
    assert tables[0].equals(tables[1])
