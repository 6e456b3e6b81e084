"""How schemas are asked for and answers taken out."""

from __future__ import annotations

import pytest

from rvbbit.providers.schemas import asked, instructed, response_format
from rvbbit.types import Message

OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def test_what_is_no_object_is_asked_for_under_answer():
    question = asked({"type": "boolean"})
    assert question.schema == {
        "type": "object",
        "properties": {"answer": {"type": "boolean"}},
        "required": ["answer"],
        "additionalProperties": False,
    }
    assert question.strict
    assert question.unwrapped('{"answer": true}') == "true"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (' {"answer" : "caf\\u00e9"}\n', '"caf\\u00e9"'),
        ('{"answer": {"answer": [1, {"a": "}"}]}}', '{"answer": [1, {"a": "}"}]}'),
        ('{"answer": true, "answer": false}', '{"answer": true, "answer": false}'),
        ('{"answer": true, "why": "so"}', '{"answer": true, "why": "so"}'),
        ('{"answer": true} and more', '{"answer": true} and more'),
        ('{"answer": tr', '{"answer": tr'),
        ('{"answer": ' + "[" * 100_000, '{"answer": ' + "[" * 100_000),
        ("true", "true"),
        ("", ""),
    ],
)
def test_an_answer_is_taken_out_as_it_is_spelled_and_other_text_left_alone(text, answer):
    assert asked({"type": "boolean"}).unwrapped(text) == answer


def test_an_object_is_closed_and_not_wrapped():
    question = asked(OBJECT)
    assert question.schema["additionalProperties"] is False
    assert question.unwrapped('{"a": "x"}') == '{"a": "x"}'
    assert "additionalProperties" not in OBJECT


def test_nested_objects_are_closed_too():
    question = asked({"type": "array", "items": OBJECT})
    assert question.schema["properties"]["answer"]["items"]["additionalProperties"] is False


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": True},
        {"type": "object"},
        {"type": "array", "items": {"type": "object", "properties": {"a": {}}, "required": []}},
    ],
)
def test_a_schema_that_strict_mode_would_change_is_sent_as_it_is(schema):
    question = asked(schema)
    assert not question.strict
    assert question.schema == schema or question.schema["properties"]["answer"] == schema


@pytest.mark.parametrize(
    ("schema", "takes_any_name"),
    [
        (OBJECT, False),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, True),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": True}, True),
        ({"type": "array", "items": {"type": "object"}}, True),
        ({"type": "object", "properties": {"a": {"enum": [{"type": "object"}]}}}, False),
    ],
)
def test_a_schema_says_whether_an_object_takes_any_name(schema, takes_any_name):
    assert asked(schema).open is takes_any_name


def test_a_label_that_looks_like_a_schema_is_left_alone():
    odd = {"enum": [{"type": "object"}]}
    assert asked(odd).schema["properties"]["answer"] == odd


@pytest.mark.parametrize("text", ["no JSON", "true", '{"other": 1}', '{"answer": 1, "more": 2}', "[1]"])
def test_text_without_our_root_is_left_for_the_cell_to_judge(text):
    assert asked({"type": "boolean"}).unwrapped(text) == text


def test_characters_survive_unwrapping():
    assert asked({"type": "string"}).unwrapped('{"answer": "Grüße 📚"}') == '"Grüße 📚"'


def test_the_schema_enters_the_system_message_where_the_server_takes_none():
    schema = {"type": "boolean"}
    chat = (Message("system", "Be brief."), Message("user", "so?"))
    told = instructed(chat, "plain", schema, asked(schema))
    assert told[0].content.startswith("Be brief.\n\n")
    assert '{"type": "boolean"}' in told[0].content
    assert told[1:] == chat[1:]
    assert instructed(chat, "json_schema", schema, asked(schema)) == chat


def test_a_chat_without_system_message_gets_one():
    schema = {"type": "boolean"}
    told = instructed((Message("user", "so?"),), "json_object", schema, asked(schema))
    assert [message.role for message in told] == ["system", "user"]
    assert '"answer"' in told[0].content


def test_response_formats():
    question = asked(OBJECT)
    assert response_format("json_schema", question)["json_schema"]["strict"] is True
    assert response_format("json_object", question) == {"type": "json_object"}
    assert response_format("plain", question) is None
