"""Joins whose question follows from one label a text, counted at the server: n labels in place of n × n pairs, where a sample agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit.errors import BudgetReached, CascadeInvalid, SQLError
from rvbbit.testing import question

ROWS = 40
PAIR = "SELECT a.id, b.id FROM t a JOIN t b ON a.id < b.id AND a.x KINDRED b.x"
KINDRED = """\
cascade_id: kindred
sql_function:
  name: kindred
  operators: ["{{ one }} KINDRED {{ two }}"]
  args: [{name: one}, {name: two}]
  returns: BOOLEAN
  symmetric: true
  factorize: "KIND({{ one }}) = KIND({{ two }})"
cells:
  - name: judge
    instructions: "<one>{{ input.one }}</one><two>{{ input.two }}</two>"
    output_schema: {type: boolean}
"""
KIND = """\
cascade_id: kind
sql_function:
  name: kind
  args: [{name: x}]
cells:
  - name: label
    instructions: "<x>{{ input.x }}</x>"
    output_schema: {enum: [fruit, tool]}
"""


def kind(text: str) -> str:
    return "tool" if int(text.split()[1]) % 3 == 0 else "fruit"


def agreeing(body: dict[str, Any]) -> Any:
    """A pair is of one kind where the labels are."""
    found = re.fullmatch(r"<one>(.*)</one><two>(.*)</two>", question(body))
    if found is None:
        return kind(question(body)[3:-4])
    one, two = found.groups()
    return kind(one) == kind(two)


def disagreeing(body: dict[str, Any]) -> Any:
    """Labels say nothing of pairs: those are kindred that begin alike."""
    found = re.fullmatch(r"<one>\w+ (\d+)</one><two>\w+ (\d+)</two>", question(body))
    return agreeing(body) if found is None else found[1][0] == found[2][0]


def true(rule: Any) -> set[tuple[int, int]]:
    told = [f"thing {i}" for i in range(ROWS)]
    asked = {(i, j): f"<one>{told[i]}</one><two>{told[j]}</two>" for i in range(ROWS) for j in range(i + 1, ROWS)}
    return {pair for pair, text in asked.items() if rule({"messages": [{"role": "user", "content": text}]})}


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    """Things of two kinds, and one without a text."""
    remote.cascade("kindred", KINDRED)
    remote.cascade("kind", KIND)
    remote.server.answer = agreeing
    with remote.connect() as opened:
        opened.sql(f"CREATE TABLE t AS SELECT i AS id, 'thing ' || i AS x FROM range({ROWS}) r(i)")
        opened.sql("INSERT INTO t VALUES (100, NULL)")
        yield opened


def said(result: Any) -> str:
    return "\n".join(notice.message for notice in result.notices)


def test_each_text_is_labelled_once_and_a_sample_of_pairs_checks_it(db: Any, remote: Any) -> None:
    result = db.sql(PAIR)
    assert set(result.fetchall()) == true(agreeing)
    assert remote.server.calls == result.usage.calls == ROWS + 32  # 780 pairs
    assert "KINDRED(a.x, b.x) is answered by labels, KIND(a.x) = KIND(b.x): 32 of 32 sampled pairs agree, 0.9 wanted" in said(result)
    assert db.sql(PAIR).usage.calls == 0
    assert len(db.sql("SELECT 1 FROM t a, t b WHERE a.id < b.id AND NOT b.x KINDRED a.x")) == ROWS * (ROWS - 1) // 2 - len(result)
    assert db.sql("SELECT count(*) FROM t a, t b WHERE (a.x KINDRED b.x) IS NULL").fetchall() == [(2 * ROWS + 1,)]
    assert remote.server.calls == ROWS + 32


def test_pairs_are_asked_about_where_the_sample_disagrees(db: Any, remote: Any) -> None:
    remote.server.answer = disagreeing
    result = db.sql(PAIR)
    assert set(result.fetchall()) == true(disagreeing)
    assert re.search(
        r"KINDRED\(a.x, b.x\) is asked about each pair, not by labels: \d+ of 32 sampled pairs agree, 0.9 wanted", said(result)
    )
    assert [n.severity for n in result.notices if "sampled" in n.message] == ["warning"]
    assert remote.server.calls == ROWS * (ROWS - 1) // 2 + ROWS  # the sample's pairs are some of all, its labels were for nothing


def test_a_hint_says_how_much_must_agree(db: Any, remote: Any) -> None:
    def mostly(body: dict[str, Any]) -> Any:
        ids = [int(number) for number in re.findall(r"thing (\d+)", question(body))]
        return agreeing(body) != (sum(ids) % 3 == 0) if len(ids) == 2 else agreeing(body)

    remote.server.answer = mostly
    share = re.search(r"(\d+) of 32", said(db.sql(PAIR)))
    assert share
    agreed = int(share[1]) / 32
    assert 0.5 <= agreed < 0.9
    assert set(db.sql(f"-- @@ factorize: {agreed}\n{PAIR}").fetchall()) == true(agreeing)
    assert set(db.sql(f"-- @@ factorize: {agreed + 0.01}\n{PAIR}").fetchall()) == true(mostly)


def test_unchecked_labels_ask_about_no_pair(db: Any, remote: Any) -> None:
    result = db.sql(f"-- @@ factorize: unchecked\n{PAIR}")
    assert set(result.fetchall()) == true(agreeing)
    assert "KIND(a.x) = KIND(b.x): unchecked" in said(result)
    assert remote.server.calls == ROWS


def test_factorize_off_asks_about_every_pair(db: Any, remote: Any) -> None:
    assert set(db.sql(f"-- @@ factorize: off\n{PAIR}").fetchall()) == true(agreeing)
    assert remote.server.calls == ROWS * (ROWS - 1) // 2


def test_a_limit_ends_labelling_early_and_takes_a_smaller_sample(db: Any, remote: Any) -> None:
    result = db.sql(f"{PAIR} LIMIT 10")
    assert len(result) == 10
    assert set(result.fetchall()) <= true(agreeing)
    assert "5 of 5 sampled pairs agree" in said(result)
    assert remote.server.calls < 25


@pytest.mark.parametrize(
    ("sides", "labels"), [("few a, many b", True), ("many a, few b", True), ("many a JOIN many b ON a.id = b.id", False)]
)
def test_more_pairs_than_are_looked_at_are_foreseen_by_both_sides(
    db: Any, remote: Any, monkeypatch: pytest.MonkeyPatch, sides: str, *, labels: bool
) -> None:
    monkeypatch.setattr("rvbbit.engine.factoring.LOOKED_AT", 50)
    db.sql("CREATE TABLE few AS SELECT i AS id, 'few ' || i AS x FROM range(5) r(i)")
    db.sql("CREATE TABLE many AS SELECT i AS id, 'many ' || i AS x FROM range(100) r(i)")
    if not labels:
        db.sql("UPDATE many SET x = 'other ' || x WHERE id < 50")
    plan = "\n".join(row[0] for row in db.sql(f"EXPLAIN SELECT a.id, b.id FROM {sides} WHERE a.x || 'a' KINDRED b.x || 'b'").fetchall())
    assert ("labels in place of" in plan) is labels, plan
    assert ("not by labels" in plan) is not labels
    assert remote.server.calls == 0


def test_a_limit_over_many_pairs_keeps_the_first_ones_and_reads_on_where_they_are_too_few(
    db: Any, remote: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rvbbit.engine.factoring.LOOKED_AT", 50)
    monkeypatch.setattr("rvbbit.sql.factors.FIRST", 50)
    few = db.sql(f"{PAIR} LIMIT 10")
    assert len(few) == 10 and set(few.fetchall()) <= true(agreeing)
    assert remote.server.calls < 25
    plan = "\n".join(row[0] for row in db.sql(f"EXPLAIN {PAIR} LIMIT 10").fetchall())
    assert "LIMIT 50" in plan
    many = db.sql(f"{PAIR} LIMIT 300")
    assert len(many) == 300 and set(many.fetchall()) <= true(agreeing)
    assert set(db.sql(f"{PAIR} LIMIT 10000").fetchall()) == true(agreeing)
    ordered = db.sql(f"{PAIR} ORDER BY a.id DESC, b.id LIMIT 10")
    assert ordered.fetchall() == sorted(true(agreeing), key=lambda pair: (-pair[0], pair[1]))[:10]
    assert db.sql(f"SELECT count(*) FROM ({PAIR} LIMIT 200)").fetchall() == [(200,)]


def test_few_pairs_are_asked_about_as_they_are(db: Any, remote: Any) -> None:
    result = db.sql("SELECT a.id FROM t a JOIN t b ON b.id = a.id + 1 AND a.x KINDRED b.x")
    assert len(result) == len([i for i in range(ROWS - 1) if kind(f"t {i}") == kind(f"t {i + 1}")])
    assert remote.server.calls == ROWS - 1
    assert "39 pairs take no more questions than 40 labels and a sample of 32" in said(result)


def test_explain_says_what_would_be_done_and_analyze_what_was(db: Any, remote: Any) -> None:
    text = "\n".join(row[0] for row in db.sql(f"EXPLAIN {PAIR}").fetchall())
    assert "KIND(a.x) = KIND(b.x)" in text
    assert "labels in place of KINDRED(a.x, b.x): if 0.9 of 32 sampled pairs agree, which takes up to 32 more questions" in text
    assert remote.server.calls == 0
    text = "\n".join(row[0] for row in db.sql(f"EXPLAIN ANALYZE {PAIR}").fetchall())
    assert "labels in place of KINDRED(a.x, b.x): 32 of 32 sampled pairs agree, 0.9 wanted" in text
    remote.server.answer = disagreeing
    remote.cascade("kindred", KINDRED.replace("<one>", "<one>", 1).replace("kindred\n", "kindred\ndescription: anew\n", 1))
    text = "\n".join(row[0] for row in db.sql(f"EXPLAIN ANALYZE -- @@ model: openai:other\n{PAIR}").fetchall())
    assert re.search(r"ask 1: KINDRED\(a.x, b.x\) .*not by labels, KIND\(a.x\) = KIND\(b.x\): \d+ of 32 sampled pairs agree", text)


def test_explain_asks_nothing_where_the_rows_take_questions(db: Any, remote: Any) -> None:
    db.sql("EXPLAIN WITH c AS (SELECT * FROM t WHERE x MEANS 'fruit') SELECT a.id FROM c a JOIN c b ON a.id < b.id AND a.x KINDRED b.x")
    assert remote.server.calls == 0


def test_a_budget_stops_the_sample_and_what_is_paid_for_stays(db: Any, remote: Any) -> None:
    with pytest.raises(BudgetReached):
        db.sql(f"-- @@ budget: 0.0002\n{PAIR}", model="openai:gpt-4o-mini")
    calls = remote.server.calls
    assert 0 < calls < ROWS + 32
    assert set(db.sql(PAIR, model="openai:gpt-4o-mini").fetchall()) == true(agreeing)
    assert remote.server.calls == ROWS + 32


@pytest.mark.parametrize("said_", ["0.3", "2", "nan", "yes"])
def test_a_hint_that_makes_no_sense_is_refused(db: Any, remote: Any, said_: str) -> None:
    with pytest.raises(SQLError, match="factorize"):
        db.sql(f"-- @@ factorize: {said_}\n{PAIR}")
    assert remote.server.calls == 0


@pytest.mark.parametrize(
    ("factors", "why"),
    [
        ("{{ one }} = {{ two }}", "no operator labels a text"),
        ("KIND({{ one }} || {{ two }}) = 'tool'", "not about one of the two texts"),
        ("KIND({{ one }}) = KIND(", "factorize"),
        ("KIND({{ one }}) = KIND({{ two }}) FROM t", "FROM"),
        ("KIND({{ one }}) = KIND({{ two }}) AND id = 3", "id is no argument"),
        ("KIND({{ one }}) = KIND({{ three }})", "does not mention {{ two }}"),
        ("KIND({{ one }}) = 'tool'", "two"),
    ],
)
def test_a_factorize_that_cannot_be_is_refused_and_says_why(db: Any, remote: Any, factors: str, why: str) -> None:
    remote.cascade("kindred", KINDRED.replace("KIND({{ one }}) = KIND({{ two }})", factors))
    with pytest.raises(CascadeInvalid, match=why):
        db.sql(PAIR)
    assert remote.server.calls == 0


def test_the_shipped_operators_of_sentiment_are_put_so(db: Any, remote: Any) -> None:
    def answer(body: dict[str, Any]) -> Any:
        texts = re.findall(r"thing \d+", question(body))
        kinds = {kind(text) for text in texts}
        same = "same sentiment" in str(body["messages"])
        return ("positive" if kinds == {"tool"} else "negative") if len(texts) == 1 else (len(kinds) == 1) is same

    remote.server.answer = answer
    same = db.sql("SELECT a.id, b.id FROM t a, t b WHERE a.id < b.id AND a.x SAME_SENTIMENT b.x")
    assert set(same.fetchall()) == true(agreeing)
    opposite = db.sql("SELECT a.id, b.id FROM t a, t b WHERE a.id < b.id AND a.x OPPOSITE_SENTIMENT b.x")
    assert len(opposite) + len(same) == ROWS * (ROWS - 1) // 2
    assert remote.server.calls == ROWS + 64


def test_what_is_said_is_said_once_where_a_limit_reads_on(db: Any, remote: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rvbbit.engine.factoring.LOOKED_AT", 50)
    monkeypatch.setattr("rvbbit.sql.factors.FIRST", 50)
    remote.server.answer = lambda body: "<other>" in question(body) or agreeing(body)
    found = db.sql(f"WITH c AS (SELECT * FROM t WHERE x ~ '^thing.*') {PAIR.replace('t a', 'c a')} LIMIT 300")
    assert len(found) == 300
    assert len([notice for notice in found.notices if "regexp_full_match" in notice.message]) == 1


@pytest.mark.parametrize(
    "sql", ["SELECT id FROM t WHERE x KINDRED 'thing 3'", f"-- @@ factorize: off\n{PAIR}", f"-- @@ accuracy: 0.9\n{PAIR}"]
)
def test_a_sample_is_refused_where_no_labels_could_stand_for_pairs(db: Any, remote: Any, sql: str) -> None:
    with pytest.raises(SQLError, match="hint sample: there is no interval, and no join that labels could answer"):
        db.sql(f"-- @@ sample: 5\n{sql}")
    assert remote.server.calls == 0


def test_a_sample_that_refuses_the_labels_was_one(db: Any, remote: Any) -> None:
    remote.server.answer = disagreeing
    result = db.sql(f"-- @@ sample: 16\n{PAIR}")
    assert set(result.fetchall()) == true(disagreeing) and "of 16 sampled pairs agree" in said(result)


def test_a_macro_called_like_the_label_operator_is_not_what_a_file_means(db: Any, remote: Any) -> None:
    db.sql("CREATE MACRO kind(x) AS 'mine'")
    found = db.sql("SELECT a.id, b.id, kind(a.x) FROM t a JOIN t b ON a.id < b.id AND a.x KINDRED b.x")
    assert {row[:2] for row in found.fetchall()} == true(agreeing) and {row[2] for row in found.fetchall()} == {"mine"}
    assert remote.server.calls == ROWS + 32


FRUIT = {i for i in range(ROWS) if kind(f"thing {i}") == "fruit"}
OTHERS = "CREATE TABLE u AS SELECT id, x AS y FROM t WHERE id >= 20 AND id % 3 > 0"


@pytest.mark.parametrize(("join", "ids"), [("SEMI", FRUIT), ("ANTI", {*range(ROWS), 100} - FRUIT)])
def test_a_semi_or_anti_join_is_by_labels_too(db: Any, remote: Any, join: str, ids: set[int]) -> None:
    db.sql(OTHERS)
    query = f"SELECT id FROM t {join} JOIN u ON t.x KINDRED u.y WHERE id >= 3 AND t.id IN (SELECT id FROM t)"
    plan = "\n".join(row[0] for row in db.sql(f"EXPLAIN {query}").fetchall())
    assert "labels in place of KINDRED(t.x, u.y): if 0.9 of 32 sampled pairs agree" in plan and remote.server.calls == 0
    found = db.sql(query)
    assert sorted(found.fetchall()) == [(id_,) for id_ in sorted(ids) if id_ >= 3]
    assert "32 of 32 sampled pairs agree" in said(found) and remote.server.calls == ROWS - 3 + 32


@pytest.mark.parametrize("join", ["SEMI", "ANTI"])
def test_a_semi_or_anti_join_asks_about_pairs_where_the_sample_disagrees(db: Any, remote: Any, join: str) -> None:
    remote.server.answer = disagreeing
    db.sql(OTHERS)
    alike = {i for i in range(ROWS) if str(i)[0] in "23"}
    found = db.sql(f"SELECT t.id FROM t {join} JOIN u ON t.x KINDRED u.y AND t.id <> u.id")
    assert {row[0] for row in found.fetchall()} == (alike if join == "SEMI" else {*range(ROWS), 100} - alike)
    assert "by labels" in said(found) and "is asked about each pair" in said(found)


def test_an_anti_join_for_another_question_leaves_the_pairs(db: Any, remote: Any) -> None:
    remote.server.answer = lambda body: agreeing(body) if re.match("<one>|<x>", question(body)) else False
    db.sql(OTHERS)
    found = db.sql(f"{PAIR} ANTI JOIN u ON u.y MEANS 'a stone'")
    assert set(found.fetchall()) == true(agreeing) and "32 of 32 sampled pairs agree" in said(found)


def test_pairs_that_only_the_statement_can_read_are_asked_about_one_by_one(db: Any, remote: Any) -> None:
    db.sql(OTHERS)
    query = "SELECT t.id FROM t SEMI JOIN u ON t.x KINDRED u.y JOIN (SELECT 30 AS bound) v ON id < bound"
    plan = "\n".join(row[0] for row in db.sql(f"EXPLAIN {query}").fetchall())
    assert "its pairs cannot be read by themselves" in plan
    found = db.sql(query)
    assert {row[0] for row in found.fetchall()} == {i for i in FRUIT if i < 30}
    assert "its pairs cannot be read by themselves" in said(found) and "mbiguous" in said(found)
