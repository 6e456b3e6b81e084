"""Files that load, and everything that is told of those that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rvbbit.cascades.catalog import BUILTIN
from rvbbit.cascades.loader import load_file, load_text
from rvbbit.errors import CascadeInvalid

GOOD = """\
cascade_id: urgent
sql_function:
  name: urgent
  operators: ["{{ text }} IS_URGENT_FOR {{ team }}"]
  args:
    - {name: text}
    - {name: team, type: VARCHAR, default: all}
  returns: BOOLEAN
cells:
  - name: judge
    instructions: |
      <text>{{ input.text }}</text>
      <team>{{ input.team }}</team>
    output_schema: {type: boolean}
"""


def problems(text: str) -> tuple[str, ...]:
    return load_text(text, "f.yaml").problems


def changed(*pairs: tuple[str, str]) -> tuple[str, ...]:
    text = GOOD
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return problems(text)


def test_a_good_file_has_no_problems_and_becomes_an_operator() -> None:
    cascade = load_text(GOOD, "f.yaml").require()
    operator = cascade.operator
    assert operator is not None
    assert (operator.name, operator.cascade_id, operator.returns, operator.origin) == ("urgent", "urgent", "BOOLEAN", "f.yaml")
    assert [(p.name, p.type, p.optional, p.default) for p in operator.parameters] == [
        ("text", "VARCHAR", False, None),
        ("team", "VARCHAR", True, "all"),
    ]
    assert operator.patterns == ("{{ text }} IS_URGENT_FOR {{ team }}",)


@pytest.mark.parametrize("path", sorted(BUILTIN.iterdir()), ids=lambda path: path.name)
def test_every_shipped_file_loads(path: Path) -> None:
    assert load_file(path).problems == ()


def test_all_problems_come_at_once_each_with_its_line_and_key() -> None:
    found = changed(
        ("cascade_id: urgent", "cascade_id: urgent\ndescripton: typo"),
        ("BOOLEAN", "BOLEAN"),
        ("<text>{{ input.text }}</text>", "<text>{{ input.txt }}</text>"),
        ("    output_schema: {type: boolean}", "    temperature: hot\n    output_schema: {type: boolean}"),
    )
    assert found == (
        "f.yaml:2: descripton: unknown key; did you mean 'description'?",
        "f.yaml:7: sql_function.args[0].name: no cell uses the argument 'text'",
        "f.yaml:9: sql_function.returns: unknown type 'BOLEAN'; did you mean 'BOOLEAN'?",
        "f.yaml:13: cells[0].instructions: input.txt does not exist; did you mean 'text'?",
        'f.yaml:15: cells[0].temperature: must be a number, not "hot"',
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("name: urgent", "name: select", 3, "SELECT is a SQL keyword"),
        ("IS_URGENT_FOR", "LIKE", 4, "LIKE already means something in SQL"),
        ("IS_URGENT_FOR", "SIMILAR TO", 4, "SIMILAR TO already means something in SQL"),
        ("IS_URGENT_FOR", "NOT URGENT", 4, "NOT forms come by themselves"),
        ("IS_URGENT_FOR", "", 4, "two arguments stand side by side"),
        ("{{ text }} IS_URGENT_FOR {{ team }}", "URGENT {{ text }} FOR {{ team }}", 4, "an infix pattern reads"),
        ("{{ text }} IS_URGENT_FOR {{ team }}", "URGENTLY({{ text }} {{ team }})", 4, "a function pattern reads"),
        ("{{ text }} IS_URGENT_FOR {{ team }}", "{{ text }} FOR_TEAM {{ tema }}", 4, "{{ tema }} is not an argument; there are text, team"),
        ("{{ text }} IS_URGENT_FOR {{ team }}", "URGENTLY({{ team }})", 4, "{{ text }} is missing, and it has no default"),
        ("{name: text}", "{name: text, default: a}", 6, None),
        ("default: all", "optional: 1", 7, "must be true or false, not 1"),
        ("{{ input.team }}", "{{ team }}", 13, "'team' is not defined; did you mean input.team?"),
        ("{{ input.team }}", "{{ input.team }} {{ outputs.judge }}", 13, "outputs.judge does not exist; earlier cells: none"),
        ("{{ input.team }}", "{{ input.team | shout }}", 13, "template: No filter named 'shout'"),
        ("{{ input.team }}", "{% if input.team %}", 13, "template: "),
        ("{{ input.team }}", "{{ input.team }}{% include 'other' %}", 12, "include is not possible"),
        ("{type: boolean}", "{type: boole}", 14, "is not a JSON Schema"),
        ("{type: boolean}", "{type: string}", 14, "answers string, but the operator returns BOOLEAN"),
        ("    output_schema: {type: boolean}", "", 10, "answers text, but the operator returns BOOLEAN"),
        ("{type: boolean}", "{type: boolean, $ref: 'http://example.com/x'}", 14, "points to nothing in this schema"),
        ("name: judge", "name: text", 10, "'text' is already the name of an input or an earlier cell"),
        ("name: judge", "name: judge\n    model: gpt-5", 11, "a model is written provider:model"),
        ("name: judge", "name: judge\n    local: {task: matches, text: text}", 11, "task matches needs `against`"),
        (
            "name: judge",
            "name: judge\n    local: {task: label, text: text, labels: tags}",
            11,
            "tags is neither an input nor an earlier cell",
        ),
        ("name: judge", "name: judge\n    takes: {n: 3, pick: evaluator}", 11, "go together"),
        ("name: judge", "name: judge\n    wards: [{jinja: 'output', sql: 'true'}]", 11, "exactly one of schema, sql, jinja"),
        ("name: judge", "name: judge\n    wards: [{jinja: '{{ output }}'}]", 11, "write it without braces"),
        ("name: judge", "name: judge\n    wards: [{jinja: 'otput > 1'}]", 11, "'otput' is not defined"),
        (
            "name: judge",
            "name: judge\n    wards: [{sql: '$txt > 1'}]",
            11,
            "$txt is neither an input nor an earlier cell; did you mean 'text'?",
        ),
        ("name: judge", "name: judge\n    sql: select 1", 11, "a cell is one of instructions, sql, python"),
        ("instructions: |", "instrctions: |", 11, "unknown key; did you mean 'instructions'?"),
        ("  returns: BOOLEAN", "  returns: BOOLEAN\n  threshold: 0.5", 9, "only a score has a threshold"),
        ("  returns: BOOLEAN", "  returns: BOOLEAN\n  symmetric: true", 9, "two arguments of type VARCHAR that cannot be left off"),
        ("  returns: BOOLEAN", "  returns: BOOLEAN\n  blocking: embeddings", 9, "embedding"),
        (
            "VARCHAR, default: all}\n  returns: BOOLEAN",
            "VARCHAR}\n  returns: DOUBLE\n  reflexive: true",
            9,
            "only an operator that returns BOOLEAN",
        ),
        ("VARCHAR, default: all}\n  returns: BOOLEAN", "VARCHAR}\n  returns: BOOLEAN\n  blocking: embedding", 9, None),
        ("  returns: BOOLEAN", "  returns: BOOLEAN\n  test_cases: [{args: {txt: a}, expect: true}]", 9, "unknown argument 'txt'"),
    ],
)
def test_each_mistake_is_told_at_its_place(old: str, new: str, line: int, what: str | None) -> None:
    found = changed((old, new))
    if what is None:
        assert found == ()
    else:
        assert any(problem.startswith(f"f.yaml:{line}: ") and what in problem for problem in found), found


def test_an_input_in_system_must_be_in_the_scope_of_training() -> None:
    learning = ("name: judge", "name: judge\n    use_training: true\n    system: for {{ input.team }}")
    assert "add team to training_scope" in changed(learning)[0]
    assert changed((learning[0], learning[1] + "\n    training_scope: [team]")) == ()


def test_a_cell_reads_only_cells_before_it() -> None:
    text = """\
cascade_id: two
inputs_schema: {topic: what about}
cells:
  - {name: first, instructions: "about {{ input.topic }} {{ outputs.second }}"}
  - {name: second, instructions: "{{ outputs.first }}"}
"""
    assert problems(text) == ("f.yaml:4: cells[0].instructions: outputs.second does not exist; earlier cells: none",)


def test_sql_in_a_cell_may_name_only_what_there_is() -> None:
    text = """\
cascade_id: two
inputs_schema: {topic: what about}
cells:
  - name: rows
    sql: "SELECT '$quoted', $topic, $$ $dollar $$ -- $comment"
  - name: more
    sql: SELECT $rows, $tpoic
"""
    assert problems(text) == ("f.yaml:7: cells[1].sql: $tpoic is neither an input nor an earlier cell; did you mean 'topic'?",)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "f.yaml:1: (file): is empty"),
        ("# only a comment\n", "f.yaml:1: (file): is empty"),
        ("- a\n- b\n", "f.yaml:1: (file): is not a mapping"),
        ("just words", "f.yaml:1: (file): is not a mapping"),
        ("a: 1\nb: c: d\n", "f.yaml:2: (yaml): mapping values are not allowed here"),
        ("a: 1\na: 2\n", "f.yaml:2: a: is given twice; first on line 1"),
        ("a: !!python/object/apply:os.system ['true']\n", "the tag tag:yaml.org,2002:python/object/apply:os.system is not read here"),
        ("a: !thing 1\n", "the tag !thing is not read here"),
        ("[" * 100_000, "not YAML"),
        ("a: &x [*x]\n", "nests them too deeply"),
        ("a: \x00", "not YAML"),
        ("? [1, 2]\n: 3\n", "a key must be a plain word"),
    ],
)
def test_rubbish_is_a_problem_and_never_a_traceback(text: str, what: str) -> None:
    assert any(what in problem for problem in problems(text)), problems(text)


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    load_text(f"cascade_id: !!python/object/apply:os.mkdir ['{victim}']")
    assert not victim.exists()


def test_aliases_cannot_blow_a_small_file_up() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert any("too many values" in problem for problem in problems("\n".join(layers)))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xff\xfe\x00\x01", "1: (file): is not UTF-8 text"),
        (b"a: 1\nb: \xff\n", "2: (file): is not UTF-8 text"),
        (b"# " + b"x" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_text_are_told(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "f.cascade.yaml"
    path.write_bytes(content)
    assert what in load_file(path).problems[0]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert "cannot be read" in load_file(tmp_path / "none.yaml").problems[0]


def test_what_is_wrong_is_raised_when_the_cascade_is_needed() -> None:
    with pytest.raises(CascadeInvalid) as raised:
        load_text("cascade_id: a\ncells: 3\nx: 1\n", "f.yaml").require()
    assert len(raised.value.problems) == 2
    assert "and 1 more" in raised.value.message


def test_the_operator_of_a_broken_file_is_known_where_that_part_is_sound() -> None:
    loaded = load_text(GOOD.replace("name: judge", "name: judge\n    typo: 1"))
    assert loaded.cascade is None
    assert loaded.operator is not None
    assert loaded.operator.patterns == ("{{ text }} IS_URGENT_FOR {{ team }}",)


def test_any_change_of_the_file_changes_the_fingerprint() -> None:
    one = load_text(GOOD).require()
    assert one.fingerprint == load_text("# a comment\n" + GOOD).require().fingerprint
    assert one.fingerprint != load_text(GOOD.replace("<team>", "<squad>").replace("</team>", "</squad>")).require().fingerprint


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_no_text_makes_the_loader_raise(text: str) -> None:
    loaded = load_text(text)
    assert loaded.cascade is not None or loaded.problems


@given(st.sampled_from(["sql_function", "cells", "inputs_schema", "cascade_id", "description"]), VALUES)
@settings(max_examples=300, deadline=None)
def test_no_value_of_a_key_makes_the_loader_raise(key: str, value: object) -> None:
    rest = {"cascade_id": "a", "cells": [{"name": "a", "instructions": "x"}]}
    loaded = load_text(json.dumps(rest | {key: value}))
    assert loaded.cascade is not None or loaded.problems


@given(st.sampled_from(["name", "operators", "args", "returns", "shape", "threshold", "test_cases", "cache"]), VALUES)
@settings(max_examples=300, deadline=None)
def test_no_value_in_sql_function_makes_the_loader_raise(key: str, value: object) -> None:
    function = {"name": "f", "args": [{"name": "x"}], "returns": "VARCHAR"} | {key: value}
    cells = [{"name": "a", "instructions": "{{ input.x }}"}]
    loaded = load_text(json.dumps({"cascade_id": "a", "sql_function": function, "cells": cells}))
    assert loaded.cascade is not None or loaded.problems


@given(st.sampled_from(["name", "instructions", "system", "output_schema", "rules", "wards", "takes", "local", "training_scope"]), VALUES)
@settings(max_examples=300, deadline=None)
def test_no_value_in_a_cell_makes_the_loader_raise(key: str, value: object) -> None:
    cell = {"name": "a", "instructions": "x"} | {key: value}
    loaded = load_text(json.dumps({"cascade_id": "a", "cells": [cell]}))
    assert loaded.cascade is not None or loaded.problems


AGGREGATE = """\
cascade_id: condense
sql_function:
  name: condense
  shape: aggregate
  args: [{name: texts, type: "VARCHAR[]"}]
cells: [{name: cell, instructions: "<texts>{{ input.texts }}</texts>"}]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"VARCHAR[]"', "VARCHAR", "args: an aggregate's first argument is the list"),
        ("args: [{name: texts", 'operators: ["{{ texts }} CONDENSED"]\n  args: [{name: texts', "an aggregate is written as a function"),
        ("shape: aggregate", "shape: scalar\n  group_by: other", "only an aggregate has another operator"),
        ('"VARCHAR[]"}', '"VARCHAR[]"}, {name: more, over: other}', "only a later argument of a scalar operator"),
        ("cells: [{name: cell,", "cells: [{name: cell, numbered: tests,", "tests is neither an input nor an earlier cell"),
        ("cells: [{name: cell,", "cells: [{name: cell, local: {task: outliers, text: texts},", "task outliers needs `n`"),
    ],
)
def test_what_an_aggregate_must_be(old: str, new: str, said: str) -> None:
    assert load_text(AGGREGATE, "f.yaml").problems == ()
    assert any(said in problem for problem in load_text(AGGREGATE.replace(old, new), "f.yaml").problems)


def test_a_list_of_objects_gives_an_enum_its_labels() -> None:
    text = AGGREGATE.replace("cells: [{name: cell,", 'cells: [{name: cell, output_schema: {type: string, enum: "{{ input.texts.label }}"},')
    assert load_text(text, "f.yaml").problems == ()
