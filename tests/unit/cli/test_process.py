"""How our own programs collect cycles and keep memory; each in a process of its own, as both are the whole process's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rvbbit.cli import process


def said(code: str, **env: str) -> str:
    given = {name: value for name, value in os.environ.items() if name != process.ALLOCATOR} | env
    return subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True).stdout.strip()


def test_a_library_leaves_the_collector_alone() -> None:
    assert (
        said("import gc; before = gc.get_threshold(); import rvbbit.engine; print(gc.get_threshold() == before, gc.get_freeze_count())")
        == "True 0"
    )


@pytest.mark.parametrize("arguments", [["--version"], ["nonsense"]])
def test_a_command_looks_at_young_objects_more_seldom(arguments: list[str]) -> None:
    code = f"""
import gc, sys
from rvbbit.cli import process
from rvbbit.cli.main import main
sys.argv = ['rvbbit', *{arguments}]
try:
    main()
except SystemExit:
    print(gc.get_threshold()[0] == process.YOUNG)
"""
    assert said(code).splitlines()[-1] == "True"


@pytest.mark.parametrize(("env", "kept"), [({}, "dirty_decay_ms:60000"), ({process.ALLOCATOR: "dirty_decay_ms:5"}, "dirty_decay_ms:5")])
def test_a_command_has_duckdb_keep_freed_memory_for_a_minute_unless_the_user_says_otherwise(env: dict[str, str], kept: str) -> None:
    code = """
import os, sys
from rvbbit.cli import process
from rvbbit.cli.main import main
process.begin()
print('duckdb' in sys.modules, os.environ[process.ALLOCATOR])
"""
    assert said(code, **env) == f"False {kept}"


def test_what_is_loaded_is_not_looked_at_again_and_what_comes_later_is() -> None:
    code = """
import gc, weakref
from rvbbit.cli import process
process.settle()
class Node: pass
node = Node(); node.itself = node; gone = weakref.ref(node); del node
gc.collect()
print(gc.get_freeze_count() > 1000, gone() is None)
"""
    assert said(code) == "True True"


def test_a_process_that_settled_ends_without_a_word() -> None:
    code = "import gc, duckdb, rvbbit.engine\nfrom rvbbit.cli import process\nduckdb.connect().sql('SELECT 1').fetchall()\nprocess.settle()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
