-- SQL in, plan out: `-- case: name`, one statement, `-- plan:` and the plan's lines as comments (tests/unit/sql/test_plans.py).
-- Tables t (id, text, amount, grp, "desc", tags, part) and u (id, word, grp); operators: operators.toml. Add a case with an empty plan and run
-- RVBBIT_REWRITE_CASES=1 pytest tests/unit/sql/test_plans.py, then read what was written before you commit it.

-- case: one call in the output
SELECT id, text MEANS 'red' FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: the cheap predicate goes first, written last
SELECT id FROM t WHERE text MEANS 'red' AND amount > 10
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Filter  amount > 10
--       └─ Scan  t

-- case: the cheap predicate goes first, written first
SELECT id FROM t WHERE amount > 10 AND text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Filter  amount > 10
--       └─ Scan  t

-- case: several semantic predicates are reordered by what they cost and reject
SELECT id FROM t WHERE text MEANS 'red' AND grp = 'a' AND "desc" MEANS 'big' AND id > 1
-- plan:
-- Project
-- └─ Reorder  the cheapest and most selective first, as the first rows show
--    └─ SemanticFilter  MEANS("desc", 'big')
--          ask 2: MEANS("desc", 'big')
--       └─ SemanticFilter  MEANS(text, 'red')
--             ask 1: MEANS(text, 'red')
--          └─ Filter  id > 1
--             └─ Filter  grp = 'a'
--                └─ Scan  t

-- case: the same call in output and WHERE is asked once
SELECT text MEANS 'red' FROM t WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 2: MEANS(text, 'red')
--    └─ Scan  t

-- case: the same call twice in the output is asked once
SELECT text MEANS 'red', text MEANS 'red' AND amount > 3 FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: an unguarded call answers for guarded ones
SELECT CASE WHEN amount > 3 THEN ASK(text, 'q') END, ASK(text, 'q') FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: ASK(text, 'q')
--    └─ Scan  t

-- case: calls with different hints stay apart
SELECT
-- @ model: a
text MEANS 'red',
-- @ model: b
text MEANS 'red' FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--       ask 2: MEANS(text, 'red')
--    └─ Scan  t

-- case: a CASE branch is guarded by its WHEN and by earlier ones
SELECT CASE WHEN amount > 9 THEN ASK(text, 'a') WHEN amount > 5 THEN ASK(text, 'b') ELSE ASK(text, 'c') END FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'a')  where amount > 9
--       ask 2: ASK(text, 'b')  where amount > 5 and NOT (amount > 9) IS TRUE
--       ask 3: ASK(text, 'c')  where NOT (amount > 9) IS TRUE and NOT (amount > 5) IS TRUE
--    └─ Scan  t

-- case: a CASE over an operand guards nothing
SELECT CASE grp WHEN 'a' THEN ASK(text, 'a') ELSE ASK(text, 'b') END FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'a')
--       ask 2: ASK(text, 'b')
--    └─ Scan  t

-- case: an OR needs the call where the rest is not true
SELECT id FROM t WHERE amount > 9 OR text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  amount > 9 OR MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')  where NOT (amount > 9) IS TRUE
--    └─ Scan  t

-- case: an AND under NOT needs the call where the rest is not false
SELECT id FROM t WHERE NOT (amount > 9 AND text MEANS 'red')
-- plan:
-- Project
-- └─ SemanticFilter  NOT (amount > 9 AND MEANS(text, 'red'))
--       ask 1: MEANS(text, 'red')  where NOT (amount > 9) IS FALSE
--    └─ Scan  t

-- case: coalesce needs the call where all before are null
SELECT coalesce(grp, ASK(text, 'group')) FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'group')  where (grp) IS NULL
--    └─ Scan  t

-- case: if needs one branch
SELECT if(amount > 9, ASK(text, 'a'), ASK(text, 'b')) FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'a')  where amount > 9
--       ask 2: ASK(text, 'b')  where NOT (amount > 9) IS TRUE
--    └─ Scan  t

-- case: NOT MEANS
SELECT id FROM t WHERE text NOT MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  NOT MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: NOT in front
SELECT id FROM t WHERE NOT text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  NOT MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a score as a condition meets its threshold
SELECT id FROM t WHERE text ABOUT 'c'
-- plan:
-- Project
-- └─ SemanticFilter  ABOUT(text, 'c') >= 0.5
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: a score compared keeps its comparison
SELECT id FROM t WHERE text ABOUT 'c' > 0.7
-- plan:
-- Project
-- └─ SemanticFilter  ABOUT(text, 'c') > 0.7
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: NOT ABOUT
SELECT id FROM t WHERE text NOT ABOUT 'c'
-- plan:
-- Project
-- └─ SemanticFilter  NOT (ABOUT(text, 'c') >= 0.5)
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: a threshold hint
-- @ threshold: 0.8
SELECT id FROM t WHERE text SIMILAR_TO 'c'
-- plan:
-- Project
-- └─ SemanticFilter  SIMILAR_TO(text, 'c') >= 0.8
--       ask 1: SIMILAR_TO(text, 'c')
--    └─ Scan  t

-- case: a score in the output stays a score
SELECT text ABOUT 'c' FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: a score after WHEN is a condition
SELECT CASE WHEN text ABOUT 'c' THEN 1 END FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: a keyword as a column
SELECT * FROM t WHERE desc MEANS 'eco'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS("desc", 'eco')
--       ask 1: MEANS("desc", 'eco')
--    └─ Scan  t

-- case: a three-slot infix
SELECT id FROM t WHERE text LIES FROM 'a' UP TO 'c'
-- plan:
-- Project
-- └─ SemanticFilter  LIES_WITHIN(text, 'a', 'c')
--       ask 1: LIES_WITHIN(text, 'a', 'c')
--    └─ Scan  t

-- case: a two-word infix in ORDER BY
SELECT id FROM t ORDER BY text RELEVANCE TO 'c' DESC
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: RELEVANCE(text, 'c')
--    └─ Scan  t

-- case: nested calls, inner first
SELECT ASK(ASK(text, 'a'), 'b') FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: ASK(text, 'a')
--       ask 1: ASK(ASK(text, 'a'), 'b')
--    └─ Scan  t

-- case: a constant call
SELECT ASK('a', 'b')
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK('a', 'b')
--    └─ Scan  (one row)

-- case: a null literal
SELECT ASK(text, NULL), NULL MEANS 'c' FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, NULL)
--       ask 2: MEANS(NULL, 'c')
--    └─ Scan  t

-- case: a call in a CTE
WITH c AS (SELECT id, text FROM t WHERE text MEANS 'red') SELECT id, ASK(text, 'q') FROM c WHERE id > 3
-- plan:
-- Block 1
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Filter  id > 3
--       └─ Scan  t
-- Block 2
-- Project
-- └─ SemanticMap
--       ask 2: ASK(text, 'q')
--    └─ Scan  c

-- case: a call over a CTE's answers
WITH c AS (SELECT ASK(text, 'a') AS a FROM t) SELECT ASK(a, 'b') FROM c
-- plan:
-- Block 1
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'a')
--    └─ Scan  t
-- Block 2
-- Project
-- └─ SemanticMap
--       ask 2: ASK(a, 'b')
--    └─ Scan  c

-- case: a call in a subquery of FROM
SELECT * FROM (SELECT *, text MEANS 'red' AS m FROM t) WHERE m
-- plan:
-- Project
-- └─ SemanticFilter  m
--       ask 2: MEANS(text, 'red')
--    └─ Scan  t

-- case: a call in an IN subquery
SELECT id FROM t WHERE id IN (SELECT id FROM u WHERE word MEANS 'x')
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes for each id
--    └─ SemanticFilter  MEANS(word, 'x')
--          ask 1: MEANS(word, 'x')
--       └─ Scan  (SELECT id, word FROM u WHERE (id IN (SELECT id FROM t)))

-- case: a correlated subquery is asked beside the rows around it
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND word MEANS 'x')
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes for each u.id
--    └─ SemanticFilter  MEANS(word, 'x')
--          ask 1: MEANS(word, 'x')
--       └─ Scan  (SELECT u.id, word FROM u WHERE (u.id IN (SELECT t.id FROM t)))

-- case: a lateral subquery falls back
SELECT * FROM t, LATERAL (SELECT t.text MEANS 'x' AS m) l
-- plan:
-- Fallback  ask 1: MEANS(t.text, 'x')

-- case: a subquery with LIMIT is kept
SELECT id FROM (SELECT * FROM t LIMIT 5) WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  (SELECT * FROM t LIMIT 5)
--          keep  (SELECT * FROM t LIMIT 5)

-- case: a CTE with LIMIT is kept
WITH c AS (SELECT * FROM t ORDER BY id LIMIT 5) SELECT id FROM c WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  c
--          keep  SELECT * FROM t ORDER BY id LIMIT 5

-- case: a subquery whose aggregates depend on order is kept
SELECT ASK(a, 'q') FROM (SELECT string_agg(text, ',') AS a FROM t GROUP BY grp)
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(a, 'q')
--    └─ Scan  (SELECT LISTAGG(text, ',') AS a FROM t GROUP BY grp)
--          keep  (SELECT LISTAGG(text, ',') AS a FROM t GROUP BY grp)

-- case: a subquery with stable aggregates is not kept
SELECT ASK(a, 'q') FROM (SELECT max(text) AS a FROM t GROUP BY grp)
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(a, 'q')
--    └─ Scan  (SELECT MAX(text) AS a FROM t GROUP BY grp)

-- case: LIMIT cuts rows before output is asked
SELECT id, ASK(text, 'q') AS a FROM t ORDER BY id LIMIT 3
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ Scan  (SELECT id, text FROM t ORDER BY id LIMIT 3) AS __rv_cut(c0, c1)
--          keep  (SELECT id, text FROM t ORDER BY id LIMIT 3) AS __rv_cut(c0, c1)

-- case: LIMIT cannot cut what the order needs
SELECT id FROM t ORDER BY ASK(text, 'q') LIMIT 3
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ Scan  t

-- case: a predicate over LIMIT is not repeated
SELECT id FROM t WHERE id IN (SELECT id FROM u LIMIT 2) AND text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: UPDATE
UPDATE t SET grp = ASK(text, 'q') WHERE text MEANS 'red' AND amount > 3
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 2: MEANS(text, 'red')
--       └─ Filter  amount > 3
--          └─ Scan  t

-- case: UPDATE FROM
UPDATE t SET grp = u.word FROM u WHERE t.id = u.id AND t.text MEANS u.word
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(t.text, u.word)
--       ask 1: MEANS(t.text, u.word)
--    └─ Filter  t.id = u.id
--       └─ Scan  t, u

-- case: DELETE
DELETE FROM t WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: DELETE USING
DELETE FROM t USING u WHERE t.id = u.id AND t.text MEANS u.word
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(t.text, u.word)
--       ask 1: MEANS(t.text, u.word)
--    └─ Filter  t.id = u.id
--       └─ Scan  t, u

-- case: RETURNING falls back
DELETE FROM t WHERE id = 1 RETURNING ASK(text, 'q')
-- plan:
-- Fallback  ask 1: ASK(text, 'q')

-- case: INSERT SELECT
INSERT INTO u SELECT id, ASK(text, 'q'), grp FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ Scan  t

-- case: INSERT VALUES with a constant
INSERT INTO u VALUES (1, ASK('a', 'b'), 'c')
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK('a', 'b')
--    └─ Scan  (one row)

-- case: ON CONFLICT falls back
INSERT INTO u SELECT 1, 'a', 'b' ON CONFLICT DO UPDATE SET word = ASK(excluded.word, 'q')
-- plan:
-- Fallback  ask 1: ASK(excluded.word, 'q')

-- case: MERGE falls back
MERGE INTO u USING t ON u.id = t.id WHEN MATCHED AND t.text MEANS u.word THEN UPDATE SET word = 'x'
-- plan:
-- Fallback  ask 1: MEANS(t.text, u.word)

-- case: CREATE TABLE AS
CREATE TABLE made AS SELECT ASK(text, 'q') AS a FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ Scan  t

-- case: COPY
COPY (SELECT ASK(text, 'q') AS a FROM t) TO 'x.csv'
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ Scan  t

-- case: CREATE VIEW is refused
CREATE VIEW v AS SELECT ASK(text, 'q') AS a FROM t
-- plan:
-- SQLError: a view cannot hold a semantic expression: it would run where nobody can count its calls

-- case: CREATE MACRO is refused
CREATE MACRO m(x) AS ASK(x, 'q')
-- plan:
-- SQLError: a macro cannot hold a semantic expression: it would run where nobody can count its calls

-- case: a column default is refused
CREATE TABLE made (a VARCHAR DEFAULT ASK('a', 'b'))
-- plan:
-- SQLError: a column's definition cannot hold a semantic expression

-- case: ALTER is refused
ALTER TABLE t ALTER text TYPE VARCHAR USING ASK(text, 'q')
-- plan:
-- SQLError: ALTER cannot take a semantic expression

-- case: GROUP BY a call
SELECT CLASSIFY(text, 'a,b') AS k, count(*) FROM t GROUP BY k
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: CLASSIFY(text, 'a,b')
--    └─ Scan  t

-- case: a call in an aggregate
SELECT grp, bool_or(text MEANS 'red') FROM t GROUP BY grp
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a call in FILTER
SELECT count(*) FILTER (WHERE text MEANS 'red') FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a call over a stable aggregate
SELECT grp, ASK(max(text), 'q') FROM t GROUP BY grp HAVING count(*) > 1
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(MAX(text), 'q')
--    └─ Scan  t

-- case: a call over an aggregate of chosen order falls back
SELECT grp, ASK(string_agg(text, ','), 'q') FROM t GROUP BY grp
-- plan:
-- Fallback  ask 1: ASK(LISTAGG(text, ','), 'q')

-- case: a call over an aggregate of groups by a call is asked after that call
SELECT CLASSIFY(text, 'a,b') AS k, ASK(max(text), 'q') FROM t GROUP BY k
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: CLASSIFY(text, 'a,b')
--       ask 2: ASK(MAX(text), 'q')
--    └─ Scan  t

-- case: GROUP BY ROLLUP of an alias
SELECT amount > 3 AS big, ASK(max(text), 'q') FROM t GROUP BY ROLLUP (big)
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(MAX(text), 'q')
--    └─ Scan  t

-- case: HAVING with a call
SELECT grp FROM t GROUP BY grp HAVING ASK(max(text), 'q') = 'x'
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(MAX(text), 'q')
--    └─ Scan  t

-- case: UNION
SELECT id FROM t WHERE text MEANS 'red' UNION SELECT id FROM u WHERE word MEANS 'red'
-- plan:
-- Block 1
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t
-- Block 2
-- Project
-- └─ SemanticFilter  MEANS(word, 'red')
--       ask 2: MEANS(word, 'red')
--    └─ Scan  u

-- case: the ON of an inner join is hoisted
SELECT t.id FROM t JOIN u ON t.id = u.id AND t.text MEANS u.word WHERE t.amount > 3
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(t.text, u.word)
--       ask 1: MEANS(t.text, u.word)
--    └─ Filter  t.amount > 3
--       └─ Scan  t JOIN u ON t.id = u.id

-- case: an ON that is only a call
SELECT t.id FROM t JOIN u ON t.text MEANS u.word
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(t.text, u.word)
--       ask 1: MEANS(t.text, u.word)
--    └─ Scan  t JOIN u ON TRUE

-- case: the ON of a left join is asked in a block of its own
SELECT t.id FROM t LEFT JOIN u ON t.id = u.id AND t.text MEANS u.word
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(t.text, u.word)
--       ask 1: MEANS(t.text, u.word)
--    └─ Filter  t.id = u.id
--       └─ Scan  t , u

-- case: an inner join beside a right join falls back
SELECT t.id FROM t JOIN u ON t.text MEANS u.word RIGHT JOIN u AS w ON w.id = t.id
-- plan:
-- Fallback  ask 1: MEANS(t.text, u.word)

-- case: a window over a call
SELECT row_number() OVER (PARTITION BY CLASSIFY(text, 'a,b') ORDER BY id) FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: CLASSIFY(text, 'a,b')
--    └─ Scan  t

-- case: a call over a window falls back
SELECT ASK(lag(text) OVER (ORDER BY id), 'q') FROM t
-- plan:
-- Fallback  ask 1: ASK(lag(text) OVER (ORDER BY id), 'q')

-- case: output beside QUALIFY falls back
SELECT ASK(text, 'q') FROM t QUALIFY row_number() OVER (PARTITION BY grp ORDER BY id) = 1
-- plan:
-- Fallback  ask 1: ASK(text, 'q')

-- case: WHERE beside QUALIFY is staged
SELECT id FROM t WHERE text MEANS 'red' QUALIFY row_number() OVER (ORDER BY id) = 1
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: QUALIFY with a call
SELECT id FROM t QUALIFY row_number() OVER (PARTITION BY CLASSIFY(text, 'a,b') ORDER BY id) = 1
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: CLASSIFY(text, 'a,b')
--    └─ Scan  t

-- case: a positional parameter
SELECT id FROM t WHERE text MEANS ? AND grp = ?
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, $p_1)
--       ask 1: MEANS(text, $1)
--    └─ Filter  grp = $p_2
--       └─ Scan  t

-- case: a named parameter
SELECT id FROM t WHERE text MEANS $what
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, $p_what)
--       ask 1: MEANS(text, $what)
--    └─ Scan  t

-- case: an alias in WHERE
SELECT upper(text) AS up FROM t WHERE up MEANS 'RED' AND up <> 'X'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS((upper(text)), 'RED')
--       ask 1: MEANS(up, 'RED')
--    └─ Filter  (upper(text)) <> 'X'
--       └─ Scan  t

-- case: an alias of an alias
SELECT id AS a, a + 1 AS b, ASK(b::VARCHAR, 'q') FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(CAST(b AS TEXT), 'q')
--    └─ Scan  t

-- case: an alias that a column of the table hides
SELECT upper(grp) AS text FROM t WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: an alias of a call in a later column
SELECT text MEANS 'red' AS m, CASE WHEN m THEN ASK(text, 'q') END FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--       ask 2: ASK(text, 'q')  where (MEANS(text, 'red'))
--    └─ Scan  t

-- case: an alias of a call in WHERE
SELECT id, text MEANS 'red' AS m FROM t WHERE m AND amount > 3
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 2: MEANS(text, 'red')
--    └─ Filter  amount > 3
--       └─ Scan  t

-- case: an alias of a volatile expression falls back
SELECT random()::VARCHAR AS r, ASK(r, 'q') FROM t
-- plan:
-- Fallback  ask 1: ASK(r, 'q')

-- case: a volatile WHERE falls back
SELECT id FROM t WHERE random() < 0.5 AND text MEANS 'red'
-- plan:
-- Fallback  ask 1: MEANS(text, 'red')

-- case: a sample falls back
SELECT id FROM t TABLESAMPLE 10% WHERE text MEANS 'red'
-- plan:
-- Fallback  ask 1: MEANS(text, 'red')

-- case: a recursive CTE falls back
WITH RECURSIVE r AS (SELECT 'a' AS s UNION ALL SELECT ASK(s, 'b') FROM r) SELECT s FROM r
-- plan:
-- Fallback  ask 1: ASK(s, 'b')

-- case: a lambda falls back
SELECT list_filter(tags, lambda x: means(x, 'r')) FROM t
-- plan:
-- Fallback  ask 1: MEANS(x, 'r')

-- case: unnest inside a call falls back
SELECT ASK(unnest(tags), 'q') FROM t
-- plan:
-- Fallback  ask 1: ASK(unnest(tags), 'q')

-- case: a struct field
SELECT ASK(part.name, 'q') FROM t WHERE t.part.name MEANS 'x'
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(part.name, 'q')
--    └─ SemanticFilter  MEANS(t.part.name, 'x')
--          ask 2: MEANS(t.part.name, 'x')
--       └─ Scan  t

-- case: USING and unqualified columns
SELECT id, text MEANS word FROM t JOIN u USING (id)
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, word)
--    └─ Scan  t JOIN u USING (id)

-- case: a wrong type
SELECT amount MEANS 'red' FROM t
-- plan:
-- TypeMismatch: MEANS takes VARCHAR for text; amount is INTEGER

-- case: an unknown column
SELECT nothing MEANS 'red' FROM t
-- plan:
-- UnknownColumn: Binder Error: Referenced column "nothing" not found in FROM clause!

-- case: a HAVING that rounding could turn falls back
SELECT grp, ASK(max(text), 'q') FROM t GROUP BY grp HAVING sum(amount) > 3
-- plan:
-- Fallback  ask 1: ASK(MAX(text), 'q')

-- case: an ON over LIMIT falls back
SELECT t.id FROM t JOIN u ON t.id IN (SELECT id FROM u LIMIT 3) WHERE text MEANS 'red'
-- plan:
-- Fallback  ask 1: MEANS(text, 'red')

-- case: an OR of calls is reordered too
SELECT id FROM t WHERE text MEANS 'red' OR "desc" MEANS 'big'
-- plan:
-- Project
-- └─ Reorder  the cheapest and most selective first, as the first rows show
--    └─ SemanticFilter  MEANS(text, 'red') OR MEANS("desc", 'big')
--          ask 1: MEANS(text, 'red')
--          ask 2: MEANS("desc", 'big')  where NOT (MEANS(text, 'red')) IS TRUE
--       └─ Scan  t

-- case: LIMIT stops asking
SELECT id, amount + 1 AS n FROM t WHERE text MEANS 'red' AND amount > 3 LIMIT 10
-- plan:
-- Project
-- └─ Limit  asks until 10 rows pass
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT id, amount + 1 AS n, text FROM t WHERE (amount > 3))

-- case: LIMIT stops asking in the order asked for
SELECT * FROM t WHERE amount > 3 AND text MEANS 'red' ORDER BY amount DESC, id LIMIT 10 OFFSET 5
-- plan:
-- Project
-- └─ Limit  asks until 10 rows behind 5 pass
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT *, text FROM t WHERE (amount > 3) ORDER BY amount DESC, id)

-- case: LIMIT stops asking of several predicates
SELECT id FROM t WHERE text MEANS 'red' AND ("desc" MEANS 'big' OR grp = 'a') ORDER BY id LIMIT 3
-- plan:
-- Project
-- └─ Limit  asks until 3 rows pass
--    └─ Reorder  the cheapest and most selective first, as the first rows show
--       └─ SemanticFilter  MEANS("desc", 'big') OR grp = 'a'
--             ask 2: MEANS("desc", 'big')  where NOT (grp = 'a') IS TRUE
--          └─ SemanticFilter  MEANS(text, 'red')
--                ask 1: MEANS(text, 'red')
--             └─ Scan  (SELECT id, text, "desc", grp FROM t ORDER BY id)

-- case: calls in the output are asked for the rows that LIMIT leaves
SELECT id, ASK(text, 'q') AS a FROM t WHERE text MEANS 'red' ORDER BY id LIMIT 3
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ASK(text, 'q')
--    └─ Limit  asks until 3 rows pass
--       └─ SemanticFilter  MEANS(text, 'red')
--             ask 2: MEANS(text, 'red')
--          └─ Scan  (SELECT id, text FROM t ORDER BY id)

-- case: LIMIT of a join stops asking
SELECT t.id, u.word FROM t JOIN u ON t.id = u.id WHERE t.text MEANS u.word LIMIT 3
-- plan:
-- Project
-- └─ Limit  asks until 3 rows pass
--    └─ SemanticFilter  MEANS(t.text, u.word)
--          ask 1: MEANS(t.text, u.word)
--       └─ Scan  (SELECT t.id, u.word, t.text FROM t JOIN u ON t.id = u.id)

-- case: LIMIT in a subquery stops asking
SELECT count(*) FROM (SELECT id FROM t WHERE text MEANS 'red' LIMIT 3)
-- plan:
-- Project
-- └─ Limit  asks until 3 rows pass
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT id, text FROM t)

-- case: LIMIT in a CTE stops asking
WITH c AS (SELECT id, text FROM t WHERE text MEANS 'red' LIMIT 3) SELECT id, ASK(text, 'q') AS a FROM c
-- plan:
-- Block 1
-- Project
-- └─ Limit  asks until 3 rows pass
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT id, text FROM t)
-- Block 2
-- Project
-- └─ SemanticMap
--       ask 2: ASK(text, 'q')
--    └─ Scan  c
--          keep  SELECT __rv_read.c0 AS "id", __rv_read.c1 AS "text" FROM (SELECT id, text, text FROM t) AS __rv_read(c0, c1, c2) WHERE MEANS(__rv_read.c2, 'red') ORDER BY __rv_read.rowid LIMIT 3

-- case: EXISTS stops asking at the first row
SELECT id FROM u WHERE EXISTS (SELECT * FROM t WHERE text MEANS 'red' AND amount > 3)
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT 1, text FROM t WHERE (amount > 3))

-- case: a window needs every row, whatever the LIMIT
SELECT id, row_number() OVER (ORDER BY id) AS r FROM t WHERE text MEANS 'red' LIMIT 3
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: DISTINCT asks until each row is there
SELECT DISTINCT grp FROM t WHERE text MEANS 'red' LIMIT 3
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes for each grp
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT grp, text FROM t)

-- case: an order by a call needs every row
SELECT id FROM t WHERE text MEANS 'red' ORDER BY text ABOUT 'c' LIMIT 3
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: ABOUT(text, 'c')
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  t

-- case: a LIMIT in percent needs every row
SELECT id FROM t WHERE text MEANS 'red' LIMIT 10%
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: the highest scores are looked for among the nearest
SELECT id FROM t WHERE amount > 3 ORDER BY text RELEVANCE TO 'c' DESC, id LIMIT 10
-- plan:
-- Project
-- └─ TopK  the highest 10; the nearest by embedding first
--       ask 1: RELEVANCE(text, 'c')
--    └─ Scan  (SELECT id, text FROM t WHERE (amount > 3) ORDER BY id)

-- case: the highest scores may be named in the output
SELECT id, text ABOUT 'c' AS score, ASK(text, 'q') AS a FROM t ORDER BY score DESC LIMIT 10 OFFSET 5
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: ASK(text, 'q')
--    └─ TopK  the highest 10 behind 5; the nearest by embedding first
--          ask 1: ABOUT(text, 'c')
--       └─ Scan  (SELECT id, text FROM t)

-- case: judge all asks about every row
-- @ judge: all
SELECT id FROM t ORDER BY text RELEVANCE TO 'c' DESC LIMIT 10
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: RELEVANCE(text, 'c')
--    └─ Scan  (SELECT id, text FROM t)

-- case: the lowest scores need every row
SELECT id FROM t ORDER BY text ABOUT 'c' LIMIT 10
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: the highest of an expression need every row
SELECT id FROM t ORDER BY (text ABOUT 'c') + amount DESC LIMIT 10
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: ABOUT(text, 'c')
--    └─ Scan  t

-- case: an aggregate asks about the list of each group
SELECT grp, SUMMARIZE(text, 'price') FROM t WHERE amount > 3 GROUP BY grp HAVING count(*) > 2
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: SUMMARIZE(text, 'price')
--    └─ Filter  amount > 3
--       └─ Scan  t

-- case: FILTER and DISTINCT belong to the aggregate
SELECT grp, SUMMARIZE(DISTINCT text, 'price') FILTER (WHERE amount > 3 AND text MEANS 'red') AS s FROM t GROUP BY ALL
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: MEANS(text, 'red')  where NOT (amount > 3) IS FALSE and NOT (NOT (text) IS NULL) IS FALSE
--       ask 1: SUMMARIZE(DISTINCT text, 'price') FILTER(WHERE amount > 3 AND MEANS(text, 'red'))
--    └─ Scan  t

-- case: an aggregate over a window is left to the function
SELECT id, SUMMARIZE(text, 'price') OVER (PARTITION BY grp) FROM t
-- plan:
-- Fallback  ask 1: SUMMARIZE(text, 'price') OVER (PARTITION BY grp)

-- case: an aggregate of groups by a call is asked after it
SELECT CLASSIFY(text, 'a,b') AS k, SUMMARIZE(text, 'price') FROM t GROUP BY k
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: CLASSIFY(text, 'a,b')
--       ask 2: SUMMARIZE(text, 'price')
--    └─ Scan  t

-- case: an aggregate of answers
SELECT grp, SUMMARIZE(ASK(text, 'price'), 'price') FROM t GROUP BY ROLLUP (grp)
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: ASK(text, 'price')
--       ask 1: SUMMARIZE(ASK(text, 'price'), 'price')
--    └─ Scan  t

-- case: equal aggregates are asked once
SELECT grp, SUMMARIZE(text, 'a') FROM t GROUP BY grp ORDER BY SUMMARIZE(text, 'a')
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: SUMMARIZE(text, 'a')
--    └─ Scan  t

-- case: a label that knows all values of its block
SELECT MEANING(text, 5) AS topic, count(*) AS n FROM t WHERE amount > 3 GROUP BY topic ORDER BY n DESC
-- plan:
-- Block 1
-- Project
-- └─ SemanticMap
--       ask 1: MEANINGS(DISTINCT text, 5)
--    └─ Filter  amount > 3
--       └─ Scan  t
-- Block 2
-- Project
-- └─ SemanticMap
--       ask 2: MEANING(text, 5)
--    └─ Filter  amount > 3
--       └─ Scan  t

-- case: an aggregate that stands for a key of GROUP BY by name
SELECT TOPICS(text, 5) AS topic, count(*) AS n, SUMMARIZE(text, '') FROM t GROUP BY topic
-- plan:
-- Block 1
-- Project
-- └─ SemanticMap
--       ask 1: MEANINGS(DISTINCT text, 5)
--    └─ Scan  t
-- Block 2
-- Project
-- └─ SemanticMap
--       ask 2: MEANING(text, 5)
--       ask 3: SUMMARIZE(text, '')
--    └─ Scan  t

-- case: an aggregate that stands for a key of GROUP BY itself
SELECT TOPICS(text, 5), count(*) FROM t GROUP BY TOPICS(text, 5)
-- plan:
-- Block 1
-- Project
-- └─ SemanticMap
--       ask 1: MEANINGS(DISTINCT text, 5)
--    └─ Scan  t
-- Block 2
-- Project
-- └─ SemanticMap
--       ask 2: MEANING(text, 5)
--    └─ Scan  t

-- case: the same aggregate where it is no key
SELECT grp, TOPICS(text, 5) FROM t GROUP BY grp
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: TOPICS(text, 5)
--    └─ Scan  t

-- case: a label cannot stand in WHERE
SELECT id FROM t WHERE MEANING(text, 5) = 'x'
-- plan:
-- SQLError: MEANING knows the rows that WHERE leaves, so it cannot stand there

-- case: semantic distinct keeps representatives
SELECT SEMANTIC DISTINCT text FROM t WHERE amount > 3 ORDER BY text LIMIT 3
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: DEDUPE(text)
--    └─ Filter  amount > 3
--       └─ Scan  t

-- case: semantic distinct of several columns
SELECT SEMANTIC DISTINCT text, "desc" FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: DEDUPE(concat_ws(' | ', CAST(text AS TEXT), CAST("desc" AS TEXT)))
--    └─ Scan  t

-- case: semantic distinct wants columns
SELECT SEMANTIC DISTINCT * FROM t
-- plan:
-- SQLError: SEMANTIC DISTINCT cannot tell which columns * are

-- case: a call a row takes no FILTER
SELECT ASK(text, 'a') FILTER (WHERE amount > 3) FROM t
-- plan:
-- SQLError: ASK is asked a row and takes no FILTER

-- case: an aggregate takes its values in no order
SELECT WORDS(text ORDER BY id) FROM t
-- plan:
-- SQLError: WORDS takes its values in no order

-- case: an aggregate takes values of the type it declares
SELECT SUMMARIZE(amount, 'a') FROM t
-- plan:
-- TypeMismatch: SUMMARIZE takes VARCHAR for texts; amount is INTEGER

-- case: SUMMARIZE of a table stays DuckDB's
SELECT column_name FROM (SUMMARIZE t) WHERE column_name MEANS 'id'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(column_name, 'id')
--       ask 1: MEANS(column_name, 'id')
--    └─ Scan  (SUMMARIZE t)

-- case: a join by meaning asks about near pairs
SELECT t.id FROM t JOIN u ON t.text SAME u.word WHERE t.amount > 10
-- plan:
-- Project
-- └─ SemanticFilter  SAME(t.text, u.word)
--       ask 1: SAME(t.text, u.word)  near pairs, recall 0.98
--    └─ Filter  t.amount > 10
--       └─ Scan  t JOIN u ON TRUE

-- case: the recall of a join
SELECT t.id FROM t, u WHERE /* @ blocking: 0.9 */ t.text SAME u.word
-- plan:
-- Project
-- └─ SemanticFilter  SAME(t.text, u.word)
--       ask 1: SAME(t.text, u.word)  near pairs, recall 0.9
--    └─ Scan  t , u

-- case: a join that asks about every pair
SELECT t.id FROM t, u WHERE /* @ blocking: off */ t.text SAME u.word
-- plan:
-- Project
-- └─ SemanticFilter  SAME(t.text, u.word)
--       ask 1: SAME(t.text, u.word)
--    └─ Scan  t , u

-- case: any operator of two texts can be asked about near pairs
SELECT t.id FROM t, u WHERE /* @ blocking: on */ t.text MEANS u.word AND t.grp = u.grp
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(t.text, u.word)
--       ask 1: MEANS(t.text, u.word)  near pairs, recall 0.98
--    └─ Filter  t.grp = u.grp
--       └─ Scan  t , u

-- case: two columns of one table are no join
SELECT id FROM t WHERE text SAME "desc"
-- plan:
-- Project
-- └─ SemanticFilter  SAME(text, "desc")
--       ask 1: SAME(text, "desc")
--    └─ Scan  t

-- case: SEMANTIC JOIN is a join that asks
SELECT t.id FROM t SEMANTIC JOIN u ON t.text SAME u.word WHERE t.amount > 10
-- plan:
-- Project
-- └─ SemanticFilter  SAME(t.text, u.word)
--       ask 1: SAME(t.text, u.word)  near pairs, recall 0.98
--    └─ Filter  t.amount > 10
--       └─ Scan  t JOIN u ON TRUE

-- case: SEMANTIC LEFT JOIN, with cheap conditions
SELECT t.id FROM t SEMANTIC LEFT JOIN u ON t.grp = u.grp AND t.text SAME u.word AND u.id > 2 WHERE t.amount > 10
-- plan:
-- Project
-- └─ SemanticFilter  SAME(t.text, u.word)
--       ask 1: SAME(t.text, u.word)  near pairs, recall 0.98
--    └─ Filter  t.amount > 10
--       └─ Filter  u.id > 2
--          └─ Filter  t.grp = u.grp
--             └─ Scan  t , u

-- case: a LEFT JOIN whose columns do not name their tables is the fallback's
SELECT t.id FROM t LEFT JOIN u ON text SAME word
-- plan:
-- Fallback  ask 1: SAME(text, word)

-- case: a join by meaning with a LIMIT asks about near pairs
SELECT t.id FROM t JOIN u ON t.text SAME u.word LIMIT 3
-- plan:
-- Project
-- └─ SemanticFilter  SAME(t.text, u.word)
--       ask 1: SAME(t.text, u.word)  near pairs, recall 0.98
--    └─ Scan  t JOIN u ON TRUE

-- case: what waits for a batch is asked all together, in the order written
SELECT id FROM t WHERE text MEANS 'red' AND "desc" MEANS 'big' -- @@ batch
-- plan:
-- Project
-- └─ SemanticFilter  MEANS("desc", 'big')
--       ask 2: MEANS("desc", 'big')
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  t

-- case: a target is kept over all rows of a question, not batch by batch
SELECT id FROM t WHERE text MEANS 'red' AND "desc" MEANS 'big' -- @@ accuracy: 0.9
-- plan:
-- Project
-- └─ SemanticFilter  MEANS("desc", 'big')
--       ask 2: MEANS("desc", 'big')
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  t

-- case: a count that is compared stops asking
SELECT id FROM u WHERE (SELECT count(*) FROM t WHERE text MEANS 'red' AND amount > 3) > 3
-- plan:
-- Project
-- └─ Limit  asks until 4 rows pass, or fewer than 4 can
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT TRUE, text FROM t WHERE (amount > 3))

-- case: a count compared with a parameter, the other way round
SELECT $what <= (SELECT count(*) AS n FROM t WHERE text MEANS 'red')
-- plan:
-- Project
-- └─ Limit  asks until $what rows pass, or fewer than $what can
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT TRUE, text FROM t)

-- case: a count compared in the output
SELECT count(*) BETWEEN 2 AND 5 FROM t WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ Limit  asks until 6 rows pass, or fewer than 2 can
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT TRUE, text FROM t)

-- case: a count that is shown needs every row
SELECT count(*), count(*) > 3 FROM t WHERE text MEANS 'red'
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a count of distinct values needs every row
SELECT (SELECT count(DISTINCT grp) FROM t WHERE text MEANS 'red') > 3
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a correlated count is asked in full
SELECT id FROM u WHERE (SELECT count(*) FROM t WHERE t.id = u.id AND text MEANS 'red') > 3
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Filter  t.id = u.id
--       └─ Scan  t, for rows of u

-- case: groups stop asking when they have enough rows
SELECT grp AS g, upper(grp) AS up FROM t WHERE text MEANS 'red' GROUP BY g, 2 HAVING count(*) >= 2 ORDER BY up LIMIT 3
-- plan:
-- Project
-- └─ Limit  asks until 2 rows pass for each grp, upper(grp), or fewer than 2 can
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT grp, upper(grp), text FROM t)

-- case: a group that shows its count needs every row
SELECT grp, count(*) AS n FROM t WHERE text MEANS 'red' GROUP BY grp HAVING count(*) >= 2
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a group with another aggregate needs every row
SELECT grp, max(amount) FROM t WHERE text MEANS 'red' GROUP BY grp HAVING count(*) >= 2
-- plan:
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: groups of a join stop asking when they have few rows
SELECT u.grp FROM t JOIN u ON t.id = u.id WHERE t.text MEANS 'red' GROUP BY ALL HAVING count(*) < 4
-- plan:
-- Project
-- └─ Limit  asks until 4 rows pass for each u.grp
--    └─ SemanticFilter  MEANS(t.text, 'red')
--          ask 1: MEANS(t.text, 'red')
--       └─ Scan  (SELECT u.grp, t.text FROM t JOIN u ON t.id = u.id)

-- case: IN asks until each value has a row
SELECT id FROM u WHERE id IN (SELECT id FROM t WHERE text MEANS 'red')
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes for each id
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT id, text FROM t WHERE (id IN (SELECT id FROM u)))

-- case: ANY asks until each value has a row
SELECT id FROM u WHERE id = ANY (SELECT amount FROM t WHERE text MEANS 'red')
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes for each amount
--    └─ SemanticFilter  MEANS(text, 'red')
--          ask 1: MEANS(text, 'red')
--       └─ Scan  (SELECT amount, text FROM t)

-- case: a question about pairs that labels answer
SELECT t.id FROM t JOIN u ON t.text ALIKE u.word AND t.grp = u.grp
-- plan:
-- Project
-- └─ SemanticFilter  CLASSIFY(t.text, 'x,y') = CLASSIFY(u.word, 'x,y')
--       ask 2: CLASSIFY(t.text, 'x,y')
--       ask 3: CLASSIFY(u.word, 'x,y')
--    └─ Scan  t JOIN u ON t.grp = u.grp

-- case: the same, denied
SELECT t.id FROM t, u WHERE NOT t.text ALIKE u.word
-- plan:
-- Project
-- └─ SemanticFilter  NOT (CLASSIFY(t.text, 'x,y') = CLASSIFY(u.word, 'x,y'))
--       ask 2: CLASSIFY(t.text, 'x,y')
--       ask 3: CLASSIFY(u.word, 'x,y')
--    └─ Scan  t , u

-- case: the same, in the output
SELECT t.text ALIKE u.word FROM t, u
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: CLASSIFY(t.text, 'x,y')
--       ask 3: CLASSIFY(u.word, 'x,y')
--    └─ Scan  t , u

-- case: labels stop at a LIMIT
SELECT t.id FROM t, u WHERE t.text ALIKE u.word LIMIT 3
-- plan:
-- Project
-- └─ Limit  asks until 3 rows pass
--    └─ SemanticFilter  CLASSIFY(t.text, 'x,y') = CLASSIFY(u.word, 'x,y')
--          ask 2: CLASSIFY(t.text, 'x,y')
--          ask 3: CLASSIFY(u.word, 'x,y')
--       └─ Scan  (SELECT t.id, t.text, u.word FROM t, u)

-- case: labels of an outer join
SELECT t.id FROM t LEFT JOIN u ON t.text ALIKE u.word
-- plan:
-- Project
-- └─ SemanticFilter  CLASSIFY(t.text, 'x,y') = CLASSIFY(u.word, 'x,y')
--       ask 2: CLASSIFY(t.text, 'x,y')
--       ask 3: CLASSIFY(u.word, 'x,y')
--    └─ Scan  t , u

-- case: labels of a join that no stage reaches
SELECT t.id FROM t FULL JOIN u ON t.text ALIKE u.word
-- plan:
-- Fallback  ask 2: CLASSIFY(t.text, 'x,y')
-- Fallback  ask 3: CLASSIFY(u.word, 'x,y')

-- case: labels that are no plain comparison are NULL where a text is
SELECT t.id FROM t, u WHERE t.text AKIN u.word
-- plan:
-- Project
-- └─ SemanticFilter  CASE WHEN NOT (t.text) IS NULL AND NOT (u.word) IS NULL THEN coalesce(CLASSIFY(t.text, 'x,y') = CLASSIFY(u.word, 'x,y'), FALSE) END
--       ask 2: CLASSIFY(t.text, 'x,y')  where NOT (t.text) IS NULL AND NOT (u.word) IS NULL
--       ask 3: CLASSIFY(u.word, 'x,y')  where NOT (t.text) IS NULL AND NOT (u.word) IS NULL
--    └─ Scan  t , u

-- case: no labels
SELECT t.id FROM t, u WHERE /* @ factorize: off */ t.text ALIKE u.word
-- plan:
-- Project
-- └─ SemanticFilter  ALIKE(t.text, u.word)
--       ask 1: ALIKE(t.text, u.word)
--    └─ Scan  t , u

-- case: no labels, and then near pairs
SELECT t.id FROM t, u WHERE /* @ factorize: off */ t.text AKIN u.word
-- plan:
-- Project
-- └─ SemanticFilter  AKIN(t.text, u.word)
--       ask 1: AKIN(t.text, u.word)  near pairs, recall 0.98
--    └─ Scan  t , u

-- case: a target is kept over pairs
SELECT t.id FROM t, u WHERE /* @ accuracy: 0.9 */ t.text ALIKE u.word
-- plan:
-- Project
-- └─ SemanticFilter  ALIKE(t.text, u.word)
--       ask 1: ALIKE(t.text, u.word)
--    └─ Scan  t , u

-- case: two texts of one row need no labels
SELECT id FROM t WHERE text ALIKE "desc"
-- plan:
-- Project
-- └─ SemanticFilter  ALIKE(text, "desc")
--       ask 1: ALIKE(text, "desc")
--    └─ Scan  t

-- case: a text and a constant need no labels
SELECT id FROM t WHERE text ALIKE 'red'
-- plan:
-- Project
-- └─ SemanticFilter  ALIKE(text, 'red')
--       ask 1: ALIKE(text, 'red')
--    └─ Scan  t

-- case: a correlated block is asked for the rows that the conditions around it keep
SELECT id FROM t WHERE amount > 3 AND text MEANS 'red' AND NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND word MEANS 'x')
-- plan:
-- Block 1
-- Project
-- └─ Limit  asks until 1 row passes for each u.id
--    └─ SemanticFilter  MEANS(word, 'x')
--          ask 2: MEANS(word, 'x')
--       └─ Scan  (SELECT u.id, word FROM u WHERE (u.id IN (SELECT t.id FROM t WHERE (amount > 3))))
-- Block 2
-- Project
-- └─ SemanticFilter  MEANS(text, 'red')
--       ask 1: MEANS(text, 'red')
--    └─ Filter  NOT EXISTS(SELECT 1 FROM u WHERE u.id = t.id AND MEANS(word, 'x'))
--       └─ Filter  amount > 3
--          └─ Scan  t

-- case: a semi join is a condition
SELECT id FROM t SEMI JOIN u ON u.id = t.id AND word MEANS 'x' WHERE amount > 3
-- plan:
-- Project
-- └─ Limit  asks until 1 row passes for each u.id
--    └─ SemanticFilter  MEANS(word, 'x')
--          ask 1: MEANS(word, 'x')
--       └─ Scan  (SELECT u.id, word FROM u WHERE (u.id IN (SELECT t.id FROM t WHERE (amount > 3))))

-- case: FILTER guards the calls of its aggregate, and its own cheap part those beside it
SELECT max(ASK(text, 'a')) FILTER (WHERE amount > 3 AND text MEANS 'red'), count(text MEANS 'red') FILTER (WHERE grp = 'a') FROM t
-- plan:
-- Project
-- └─ SemanticMap
--       ask 2: MEANS(text, 'red')  where NOT (amount > 3) IS FALSE
--       ask 1: ASK(text, 'a')  where amount > 3 and MEANS(text, 'red')
--       ask 3: MEANS(text, 'red')  where grp = 'a'
--    └─ Scan  t

-- case: HAVING without calls goes before a call over the keys of its groups
SELECT text, count(*), text MEANS 'red' FROM t GROUP BY text HAVING count(*) > 1
-- plan:
-- Project
-- └─ SemanticMap
--       ask 1: MEANS(text, 'red')
--    └─ Scan  t

-- case: a place behind the last column is the database's to refuse
SELECT text MEANS 'red' FROM t GROUP BY 5 HAVING count(*) > 1
-- plan:
-- Fallback  ask 1: MEANS(text, 'red')
