"""What the fake server says, without the server."""

from __future__ import annotations

import json

import jsonschema
import pytest

from rvbbit.testing import default_rule, question
from rvbbit.testing.answers import chat, embeddings, fitting
from rvbbit.testing.faults import Fault, Script

SCHEMAS = [
    {"type": "boolean"},
    {"type": "integer", "minimum": 3, "maximum": 5},
    {"type": "number", "minimum": -1, "maximum": 1},
    {"type": "string"},
    {"enum": ["a", 2, None]},
    {"const": "c"},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3},
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}, "required": ["a", "b"]},
    {"type": "null"},
]


def body(text, schema=None):
    form = {"type": "json_schema", "json_schema": {"schema": schema}} if schema else None
    return {"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": text}], "response_format": form}


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("seed", ["one", "two", "three", ""])
def test_a_default_answer_fits_its_schema(schema, seed):
    jsonschema.validate(fitting(schema, seed), schema)


def test_the_same_question_gets_the_same_answer_and_questions_differ():
    asked = {"type": "number"}
    assert default_rule(body("a", asked)) == default_rule(body("a", asked))
    assert len({default_rule(body(str(i), asked)) for i in range(20)}) > 10


def test_the_question_is_the_last_user_message():
    assert question(body("which?")) == "which?"
    assert question({}) == ""


def test_a_rule_that_returns_text_is_quoted_word_for_word():
    assert chat(body("?", {"type": "boolean"}), "yes!")["choices"][0]["message"]["content"] == "yes!"


def test_a_rule_that_returns_a_value_is_laid_into_the_schema():
    wrapped = {"type": "object", "properties": {"answer": {"type": "boolean"}}}
    assert json.loads(chat(body("?", wrapped), True)["choices"][0]["message"]["content"]) == {"answer": True}
    assert json.loads(chat(body("?", wrapped), {"answer": False})["choices"][0]["message"]["content"]) == {"answer": False}
    assert json.loads(chat(body("?"), True)["choices"][0]["message"]["content"]) is True


def test_vectors_are_alike_where_texts_share_words():
    one, near, far = (row["embedding"] for row in embeddings({"input": ["red car", "red bus", "deep sea"]})["data"])
    assert sum(a * b for a, b in zip(one, near, strict=True)) > sum(a * b for a, b in zip(one, far, strict=True))
    assert embeddings({"input": "red car"})["data"][0]["embedding"] == one


def test_a_script_is_used_up_in_order():
    script = Script()
    script.add(Fault("hang"), times=2)
    script.add(Fault("prose"))
    assert [fault and fault.kind for fault in (script.next() for _ in range(4))] == ["hang", "hang", "prose", None]


def test_a_cleared_script_fails_nothing():
    script = Script()
    script.add(Fault("hang"))
    script.add(Fault("close"), share=1.0)
    script.clear()
    assert script.next() is None
