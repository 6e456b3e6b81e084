"""Aggregates as a user has them: calls counted at the server, groups larger than a context, and the embedded model on its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

import rvbbit
from rvbbit.errors import BudgetReached, Unsupported
from rvbbit.testing import question

REVIEWS = """CREATE TABLE reviews AS
  SELECT i AS id, 'shop ' || i % 20 AS shop, 'review ' || (i * 7) % 1000 || ' of the parcel' AS text FROM range(1000) r(i)"""


def texts(body: Any) -> list[str]:
    return re.findall(r"<text>(.*?)</text>", question(body))


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    remote.server.answer = lambda body: f"{len(texts(body))} reviews"
    with remote.connect() as db:
        db.sql(REVIEWS)
        yield db


def test_twenty_group_summaries_are_twenty_calls(db: Any, remote: Any) -> None:
    result = db.sql("SELECT shop, SUMMARIZE(text) AS s FROM reviews GROUP BY shop ORDER BY shop")
    assert [row[1] for row in result.fetchall()] == ["50 reviews"] * 20
    assert (remote.server.calls, result.usage.calls) == (20, 20)
    assert sum(int(re.findall(r"\d+", line)[0]) for line in [row[1] for row in result.fetchall()]) == 1000


def test_the_same_again_in_another_order_calls_nobody(db: Any, remote: Any) -> None:
    db.sql("SELECT shop, SUMMARIZE(text) AS s FROM reviews GROUP BY shop")
    again = db.sql("SELECT SUMMARIZE(text) AS s FROM (SELECT * FROM reviews ORDER BY id DESC) GROUP BY shop HAVING count(*) > 1")
    assert (remote.server.calls, again.usage.calls, again.usage.cached) == (20, 0, 20)


def test_explain_knows_the_calls_of_a_group_larger_than_a_context(db: Any, remote: Any) -> None:
    db.sql("CREATE TABLE long AS SELECT 'review ' || i || repeat(' very long', 100) AS text FROM range(400) r(i)")
    (plan,) = [row[0] for row in db.sql("EXPLAIN SELECT SUMMARIZE(text) FROM long").fetchall() if "ask 1" in row[0]]
    expected = int(re.findall(r"(\d+) to ask", plan)[0])
    remote.server.answer = lambda body: f"{len(texts(body)) or len(re.findall('<summary>', question(body)))} texts"
    result = db.sql("SELECT SUMMARIZE(text) FROM long")
    assert 10 < expected == result.usage.calls == remote.server.calls
    assert all(len(question(body)) < 8_500 * 4 for body in remote.server.requests)


def test_a_budget_stops_between_the_parts_and_what_was_paid_for_is_kept(db: Any, remote: Any) -> None:
    db.sql("CREATE TABLE long AS SELECT 'review ' || i || repeat(' very long', 100) AS text FROM range(400) r(i)")
    with pytest.raises(BudgetReached):
        db.sql("SELECT SUMMARIZE(text) FROM long", budget_usd=0.0000001, model="openai:gpt-4o-mini")
    before = remote.server.calls
    result = db.sql("SELECT SUMMARIZE(text) FROM long", model="openai:gpt-4o-mini")
    assert result.usage.calls == remote.server.calls - before > 0


def test_topics_are_proposed_once_and_given_to_each_distinct_text(db: Any, remote: Any) -> None:
    def answer(body: Any) -> Any:
        listed = re.findall(r"(\d+)\. <text>review (\d+) ", question(body))
        if listed:
            odd = [int(place) for place, number in listed if int(number) % 2]
            even = [int(place) for place, number in listed if not int(number) % 2]
            return [{"label": "odd", "examples": odd[:2]}, {"label": "even", "examples": even[:2]}]
        return "odd" if int(re.findall(r"review (\d+) ", question(body))[0]) % 2 else "even"

    remote.server.answer = answer
    query = "SELECT TOPICS(text, 2) AS topic, count(*) AS n FROM reviews WHERE id < 30 GROUP BY topic ORDER BY topic"
    result = db.sql(query)
    assert result.fetchall() == [("even", 15), ("odd", 15)]
    assert remote.server.calls == result.usage.calls == 31
    assert db.sql(query).usage.calls == 0


def test_only_texts_that_are_alike_are_asked_about_by_dedupe(db: Any, remote: Any) -> None:
    remote.server.answer = lambda body: [1]
    db.sql("CREATE TABLE names AS SELECT * FROM (VALUES ('Acme Corporation'), ('ACME Corp.'), ('Bread and butter'), (NULL)) n(name)")
    result = db.sql("SELECT SEMANTIC DISTINCT name FROM names ORDER BY name")
    assert len(result.fetchall()) == 3
    assert [texts(body) for body in remote.server.requests] == [["ACME Corp.", "Acme Corporation"]]


def test_what_dedupe_compares_costs_nothing_whatever_the_embedding_model(remote: Any) -> None:
    (remote.home / "rvbbit.toml").write_text('embed_model = "openai:text-embedding-3-small"\n')
    with remote.connect() as db:
        db.sql("CREATE TABLE names AS SELECT * FROM (VALUES ('Acme Corporation'), ('ACME Corp.'), ('Bread and butter')) n(name)")
        db.sql("EXPLAIN SELECT DEDUPE(name) FROM names")
        assert remote.server.calls == 0
        remote.server.answer = lambda body: [1]
        assert db.sql("SELECT DEDUPE(name) FROM names").usage.calls == remote.server.calls == 1


def test_an_operator_of_ones_own_can_be_an_aggregate(db: Any, remote: Any) -> None:
    remote.cascade(
        "headline",
        """
cascade_id: headline
sql_function:
  name: headline
  shape: aggregate
  operators: ["HEADLINE({{ texts }})"]
  args: [{name: texts, type: "VARCHAR[]"}]
  returns: VARCHAR
cells:
  - {name: write, instructions: "A headline for <texts>{{ input.texts }}</texts>"}
""",
    )
    remote.server.answer = lambda body: "PARCELS!"
    result = db.sql("SELECT HEADLINE(text) FILTER (WHERE id < 3) AS h FROM reviews")
    assert (result.fetchall(), result.usage.calls) == ([("PARCELS!",)], 1)


def test_the_embedded_model_answers_what_it_honestly_can(tmp_path: Any) -> None:
    with rvbbit.connect(tmp_path, model="local:minilm") as db:
        db.sql(
            "CREATE TABLE t AS SELECT unnest(['The parcel never arrived.', 'Where is my parcel?', 'My parcel is late.',"
            " 'I was charged twice.', 'Please refund the double charge.', NULL]) AS text"
        )
        assert [n for _, n in db.sql("SELECT MEANING(text, 2) AS m, count(*) FROM t GROUP BY m ORDER BY 2").fetchall()] == [1, 2, 3]
        assert len(db.sql("SELECT THEMES(text, 2) FROM t").fetchall()[0][0]) == 2
        with pytest.raises(Unsupported, match="knows no mood"):
            db.sql("SELECT MOOD(text) FROM t")
        with pytest.raises(Unsupported, match="hint"):
            db.sql("SELECT MEANING(text, 2, 'by anger') FROM t")
