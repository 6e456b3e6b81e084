-- Semantic statements, calls written as functions. tests/unit/execution/test_oracle.py runs each twice: with our plan, and on DuckDB alone
-- with the operators as macros (operators.toml). Rows, types and what the tables then hold must be equal. Tables: t, u, s (conftest.py).
-- Statements end with a semicolon at the end of a line.

SELECT id, means(text,'red') FROM t;

SELECT id FROM t WHERE means(text,'red');

SELECT id FROM t WHERE NOT means(text,'red');

SELECT id FROM t WHERE means(text,'red') AND amount > 15;

SELECT id FROM t WHERE means(text,'red') OR amount > 15;

SELECT id FROM t WHERE amount > 15 OR means(text,'red');

SELECT id FROM t WHERE (means(text,'red') OR means("desc",'sweet')) AND NOT means(text,'sky');

SELECT id, CASE WHEN amount > 30 THEN means(text,'red') ELSE means(text,'green') END FROM t;

SELECT id, CASE WHEN means(text,'red') THEN 'r' WHEN means(text,'green') THEN 'g' ELSE 'x' END FROM t;

SELECT id, CASE means(text,'red') WHEN true THEN ask(text,'a') WHEN means(text, 'x') THEN ask(text,'b') ELSE ask(text,'c') END FROM t;

SELECT id, CASE grp WHEN 'a' THEN ask(text,'a') WHEN 'b' THEN ask(text,'b') ELSE ask(text,'c') END FROM t;

SELECT id, coalesce(ask(text,'a'), ask("desc",'b'), 'none') FROM t;

SELECT id FROM t WHERE means(text,'red') IS NULL;

SELECT id FROM t WHERE means(text,'red') IS NOT TRUE;

SELECT id FROM t WHERE classify(text, ['a','b','c']) IN ('a','c');

SELECT id FROM t WHERE 'a' IN (classify(text, ['a','b','c']), classify("desc", ['a','b']));

SELECT id FROM t WHERE about(text,'abc') BETWEEN 0.2 AND about("desc",'x');

SELECT id FROM t WHERE about(text,'abc') * 2 + 1 > about("desc",'x');

SELECT classify(text, ['a','b','c']) AS k, count(*) FROM t GROUP BY k;

SELECT classify(text, ['a','b','c']) AS k, count(*) FROM t GROUP BY 1 HAVING count(*) > 1;

SELECT classify(text, ['a','b','c']) AS k, count(*) c FROM t GROUP BY ALL HAVING c > 1;

SELECT classify(text, ['a','b','c']) AS k, count(*) c FROM t GROUP BY ALL HAVING k = 'a';

SELECT grp, ask(string_agg(text, ',' ORDER BY id), 'sum') FROM t GROUP BY grp;

SELECT grp, ask(string_agg(text, ',' ORDER BY id), 'sum') FROM t GROUP BY grp HAVING means(max(text),'red');

SELECT grp AS id, ask(string_agg(text, ',' ORDER BY id), 'sum') FROM t GROUP BY grp;

SELECT amount AS id, means(text,'red') FROM t WHERE id > 3;

SELECT upper(text) AS text, means(text,'red') FROM t;

SELECT upper(text) AS text, id FROM t WHERE means(text,'RED');

SELECT upper(text) AS up, means(up,'RED') m FROM t WHERE up <> 'X' AND m;

SELECT upper(text) AS up, id FROM t WHERE means(up,'RED') ORDER BY about(up, 'x'), id;

SELECT upper(text) AS text, id FROM t ORDER BY ask(text, 'x'), id;

SELECT id FROM t JOIN u USING (id) WHERE means(text, word);

SELECT id, means(text, word) FROM t LEFT JOIN u USING (id);

SELECT id, means(text, word) FROM t FULL JOIN u USING (id);

SELECT t.id, u.id FROM t JOIN u ON means(t.text, u.word);

SELECT t.id, u.id FROM t LEFT JOIN u ON means(t.text, u.word);

SELECT t.id, u.id FROM t LEFT JOIN u ON means(t.text, u.word) AND t.id > 2;

SELECT t.id, u.id FROM t RIGHT JOIN u ON means(t.text, u.word) AND t.id > 2;

SELECT t.id FROM t SEMI JOIN u ON means(t.text, u.word);

SELECT t.id FROM t ANTI JOIN u ON means(t.text, u.word);

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE means(t.text, u.word));

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(u.word, 'red'));

SELECT id FROM t WHERE id IN (SELECT id FROM u WHERE means(word, 'red'));

SELECT id, (SELECT max(word) FROM u WHERE means(word, 'e')) FROM t;

SELECT id, (SELECT max(word) FROM u WHERE means(text, word)) FROM t;

SELECT id, means(text, (SELECT max(word) FROM u)) FROM t;

SELECT id, means(text, (SELECT max(word) FROM u WHERE u.id = t.id)) FROM t;

WITH c AS (SELECT id, text FROM t WHERE means(text,'red')) SELECT * FROM c WHERE means(text,'apple');

WITH c AS (SELECT id, ask(text,'q') AS a FROM t) SELECT c.id, means(a, 'red') FROM c JOIN t USING (id);

WITH t AS (SELECT id + 1 AS id, text || 'x' AS text FROM t) SELECT id FROM t WHERE means(text, 'applex');

WITH t AS (SELECT 1 AS id, 'red' AS text) SELECT * FROM (WITH t AS (SELECT 2 AS id, 'blue' AS text) SELECT * FROM t WHERE means(text,'blue')) x, t WHERE means(t.text,'red');

WITH RECURSIVE r AS (SELECT 1 AS n, 'a' AS s UNION ALL SELECT n + 1, s || 'b' FROM r WHERE n < 4) SELECT n FROM r WHERE means(s, 'bb');

WITH RECURSIVE r AS (SELECT 1 AS n, 'a' AS s UNION ALL SELECT n + 1, ask(s, 'b') FROM r WHERE n < 4) SELECT n, s FROM r;

WITH RECURSIVE r AS (SELECT 1 AS n, ask('a','z') AS s UNION ALL SELECT n + 1, s || 'b' FROM r WHERE n < 4) SELECT n, s FROM r;

SELECT id FROM t WHERE means(text,'red') EXCEPT SELECT id FROM t WHERE means(text,'sky');

SELECT id FROM t WHERE means(text,'red') UNION ALL SELECT id FROM u WHERE means(word,'red') ORDER BY id LIMIT 2;

SELECT id, row_number() OVER (PARTITION BY classify(text,['a','b']) ORDER BY about(text,'x'), id) FROM t;

SELECT id, ask(lag(text) OVER (ORDER BY id), 'prev') FROM t;

SELECT id FROM t QUALIFY row_number() OVER (PARTITION BY classify(text,['a','b']) ORDER BY id) = 1;

SELECT id, means(text,'red') FROM t QUALIFY row_number() OVER (PARTITION BY grp ORDER BY id) = 1;

SELECT id, means(text,'red') AS m FROM t QUALIFY row_number() OVER (PARTITION BY m ORDER BY id) = 1;

SELECT DISTINCT ON (classify(text,['a','b'])) classify(text,['a','b']), id FROM t ORDER BY classify(text,['a','b']), id;

SELECT DISTINCT classify(text,['a','b']) FROM t;

SELECT count(*) FILTER (WHERE means(text,'red')), string_agg(id::varchar, ',' ORDER BY about(text,'x'), id), list(id ORDER BY ask(text,'z'), id) FROM t;

SELECT sum(CASE WHEN means(text,'red') THEN amount END) FROM t;

SELECT grp, bool_or(means(text,'red')) FROM t GROUP BY grp;

SELECT grp, avg(about(text,'x')) AS a FROM t GROUP BY grp HAVING avg(about(text,'x')) > 0.3 ORDER BY a;

SELECT ask(ask(text,'a'), 'b') FROM t;

SELECT ask(text, ask("desc", 'q')) FROM t WHERE means(ask(text,'zz'), 'red');

SELECT * FROM t WHERE about(text, 'x') > 0.5 LIMIT 100;

SELECT * FROM (SELECT * FROM t ORDER BY id LIMIT 3) WHERE means(text,'red');

SELECT * FROM (SELECT *, means(text,'red') m FROM t) WHERE m;

SELECT x.*, means(x.text,'red') FROM (SELECT * FROM t) AS x;

SELECT T.ID, MEANS(T.TEXT,'red') FROM t AS "T" WHERE "TEXT" <> '';

SELECT part.name, means(part.name,'red') FROM s;

SELECT s.part.name, means(s.part.name,'red') FROM s WHERE s.part.size > 1;

SELECT means("Mixed Name",'b'), "mixed name" FROM s;

SELECT id, w, means(w,'red') FROM s, UNNEST(words) AS x(w);

SELECT id, unnest(words) AS w FROM s WHERE means(part.name, 'red');

SELECT id, means(unnest(words), 'red') AS w FROM s;

SELECT id, list_transform(words, lambda x: means(x, 'r')) FROM s;

SELECT id, [means(x, 'r') for x in words] FROM s;

SELECT * FROM (VALUES (1,'red'),(2,'blue')) v(id, c) WHERE means(c,'red');

SELECT range, means(range::varchar, '1') FROM range(12);

SELECT g, means(g::varchar, '1') FROM generate_series(1,12) x(g);

SELECT t.id, l.w FROM t, LATERAL (SELECT u.word AS w FROM u WHERE u.id = t.id) l WHERE means(l.w,'e');

SELECT t.id, l.w FROM t, LATERAL (SELECT means(u.word, 'e') AS w FROM u WHERE u.id = t.id) l;

SELECT t.id, l.w FROM t, LATERAL (SELECT means(t.text, 'e') AS w) l;

SELECT t.id, l.w FROM t LEFT JOIN LATERAL (SELECT means(t.text, 'e') AS w) l ON true WHERE l.w;

UPDATE t SET grp = classify(text,['a','b']) WHERE means(text,'red');

UPDATE t SET grp = u.word FROM u WHERE u.id = t.id AND means(t.text, u.word);

UPDATE t SET grp = ask(u.word,'q') FROM u WHERE u.id = t.id;

DELETE FROM t WHERE means(text,'red');

DELETE FROM t USING u WHERE t.id = u.id AND means(t.text, u.word);

INSERT INTO u SELECT id, ask(text,'q'), grp FROM t WHERE means(text,'red');

INSERT INTO u VALUES (1, ask('a','b'), 'c'), (2, ask('d','e'), classify('abc', ['x','y']));

INSERT INTO u (word) VALUES (ask('a','b')) RETURNING word;

INSERT INTO u SELECT id, text, grp FROM t RETURNING id, means(word,'red');

UPDATE t SET text = 'red!' WHERE id < 3 RETURNING id, means(text,'red!');

DELETE FROM t WHERE id < 3 RETURNING id, means(text,'red');

SELECT id FROM t WHERE amount > 15 AND (means(text,'red') OR grp = 'a');

SELECT id FROM t WHERE NOT (means(text,'red') AND amount > 15);

SELECT id FROM t WHERE NOT (NOT means(text,'red') OR amount > 15);

SELECT id FROM t WHERE (amount > 15 AND means(text,'red')) IS NULL;

SELECT id, amount > 15 AND means(text,'red'), amount > 15 OR means(text,'red') FROM t;

SELECT id, means(text,'red') AND means("desc",'sweet'), means(text,'red') OR means("desc",'sweet') FROM t;

SELECT id, means(text,'red') AND means(text,'sky') AND means("desc",'wide') AND amount > 5 FROM t;

SELECT id, CASE WHEN amount > 15 THEN 1 ELSE 0 END = 1 AND means(text,'red') FROM t;

SELECT id, CASE WHEN grp = 'a' THEN CASE WHEN amount > 5 THEN ask(text,'1') ELSE ask(text,'2') END WHEN means(text,'red') THEN ask(text,'3') END FROM t;

SELECT id, CASE WHEN grp = 'a' AND means(text,'red') THEN ask(text,'1') WHEN grp = 'a' OR means(text,'sky') THEN ask(text,'2') ELSE ask(text, '3') END FROM t;

SELECT id, if(amount > 15, ask(text,'1'), ask(text,'2')) FROM t;

SELECT id, ifnull(ask(text,'1'), 'x'), nullif(ask(text,'1'), 'red apple?1') FROM t;

SELECT id, CASE WHEN amount > 15 THEN NULL ELSE ask(text,'2') END, ask(text,'2') FROM t;

SELECT id, CASE WHEN amount > 15 THEN ask(text,'2') END, CASE WHEN amount <= 15 THEN ask(text,'2') END FROM t;

SELECT id FROM t WHERE means(text,'red') AND (CASE WHEN means("desc",'sweet') THEN means(text,'apple') ELSE means(text,'sky') END);

SELECT id, ask(text,'1') FROM t WHERE CASE WHEN amount > 15 THEN means(text,'red') ELSE true END;

SELECT grp, CASE WHEN count(*) > 2 THEN ask(max(text),'m') ELSE 'few' END FROM t GROUP BY grp;

SELECT grp, ask(grp,'m') FROM t GROUP BY grp;

SELECT grp, ask(grp,'m'), ask(max(text),'m') FROM t WHERE means(text,'r') GROUP BY grp ORDER BY ask(grp,'m');

SELECT grp, max(ask(text,'m')) FROM t GROUP BY grp ORDER BY max(ask(text,'m')) DESC;

SELECT ask(max(ask(text,'m')),'o') FROM t GROUP BY grp;

SELECT ask(max(text),'m') FROM t;

SELECT ask(max(text),'m') FROM t WHERE id > 100;

SELECT ask(max(text) FILTER (WHERE means(text,'red')),'m') FROM t;

SELECT classify(text,['a','b']) || 'x' AS k, ask(max(text),'m') FROM t GROUP BY k;

SELECT classify(text,['a','b']) || 'x' AS k, ask(k,'m') FROM t GROUP BY k;

SELECT classify(text,['a','b']) AS k, grp, count(*) FROM t GROUP BY GROUPING SETS ((k), (grp), ());

SELECT grp, amount > 30 AS big, ask(max(text),'m') FROM t GROUP BY ROLLUP (grp, big);

SELECT grp, ask(max(text),'m') FROM t GROUP BY CUBE (grp);

SELECT grp, ask(grp,'m') FROM t GROUP BY CUBE (grp);

SELECT text AS grp, ask(max(grp),'m') FROM t GROUP BY text;

SELECT grp AS text, ask(min(text),'m') FROM t GROUP BY grp;

SELECT grp || 'x' AS grp, ask(min(text),'m') FROM t GROUP BY grp;

SELECT grp || 'x' AS g, ask(min(text),'m') FROM t GROUP BY g HAVING min(id) > 1;

SELECT grp || 'x' AS g, ask(min(text),'m') FROM t GROUP BY g HAVING g > 'bx';

SELECT grp || 'x' AS g, ask(g,'m') FROM t GROUP BY g HAVING means(g,'a');

SELECT id AS a, a + 1 AS b, ask(b::varchar, 'q') FROM t WHERE b > 3;

SELECT id AS amount, ask(amount::varchar, 'q') FROM t WHERE amount > 30;

SELECT text AS "desc", "desc" AS text FROM t WHERE means("desc", 'sweet');

SELECT text AS "desc", ask("desc",'x') FROM t;

SELECT means(text,'red') AS m, count(*) FILTER (WHERE m) FROM t GROUP BY m;

SELECT id, means(text,'red') AS m, CASE WHEN m THEN 1 ELSE 0 END FROM t;

SELECT id, means(text,'red') AS m FROM t WHERE m AND amount > 15;

SELECT id, means(text,'red') AS m FROM t ORDER BY m DESC NULLS LAST, about(text,'x'), id;

SELECT id, means(text,'red') AS m FROM t ORDER BY ALL;

SELECT id, sum(amount) OVER w, ask(text,'x') FROM t WINDOW w AS (PARTITION BY means(text,'red') ORDER BY id);

SELECT id, sum(amount) OVER w, ask(text,'x') FROM t WINDOW w AS (PARTITION BY grp ORDER BY id) QUALIFY row_number() OVER w = 1;

SELECT id, sum(about(text,'x')) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t;

SELECT id, sum(amount) FILTER (WHERE means(text,'red')) OVER (PARTITION BY grp) FROM t;

SELECT id, rank() OVER (ORDER BY about(text,'x')) r FROM t QUALIFY r <= 2;

SELECT id, row_number() OVER (ORDER BY id) AS r, ask(r::varchar,'x') FROM t;

SELECT id, row_number() OVER (ORDER BY id) AS id2, ask(text,'x') FROM t WHERE means(text,'red') QUALIFY id2 = 1;

SELECT id, text FROM t QUALIFY row_number() OVER (PARTITION BY grp ORDER BY id) = 1 AND means(text, 'red');

SELECT id, ask(text,'x') FROM t QUALIFY row_number() OVER (PARTITION BY grp ORDER BY means(text, 'red'), id) = 1;

SELECT a.id, b.id FROM t a, t b WHERE a.id < b.id AND means(a.text, b.text);

SELECT a.id, b.id FROM t a JOIN t b ON a.grp = b.grp AND a.id < b.id AND means(a.text, b.text);

SELECT a.id, b.id FROM t a JOIN t b ON a.grp = b.grp AND means(a.text, 'red') LEFT JOIN u ON u.id = a.id AND means(u.word,'red');

SELECT a.id, u.id FROM t a LEFT JOIN u ON u.id = a.id JOIN t b ON b.id = u.id AND means(b.text,'r');

SELECT a.id FROM t a LEFT JOIN u ON u.id = a.id WHERE means(u.word,'red') IS NULL;

SELECT * FROM t NATURAL JOIN u WHERE means(text, word);

SELECT * FROM t JOIN u USING (id, grp) WHERE means(text, word);

SELECT * EXCLUDE (amount) FROM t FULL JOIN u USING (id) WHERE means(id::varchar,'3');

SELECT * REPLACE (ask(text,'q') AS text) FROM t;

SELECT * REPLACE (ask(text,'q') AS text) FROM t WHERE means(text,'red');

SELECT COLUMNS('i|t'), means(text,'x') FROM t;

SELECT ask(COLUMNS(['text','grp']), 'x') FROM t;

SELECT id FROM t POSITIONAL JOIN (SELECT word FROM u) WHERE means(text, word);

SELECT t.id, u.id FROM t ASOF JOIN u ON t.id >= u.id WHERE means(text, coalesce(word,'r'));

SELECT t.id FROM t CROSS JOIN u WHERE means(t.text, u.word);

SELECT t.id FROM t JOIN (u JOIN s ON u.id = s.id) ON t.id = u.id WHERE means(t.text, u.word);

SELECT t.id FROM (t JOIN u ON t.id = u.id AND means(t.text, u.word));

FROM t SELECT id WHERE means(text,'red');

FROM t WHERE means(text,'red');

FROM (FROM t WHERE means(text,'red')) SELECT ask(text,'x');

SELECT id FROM t WHERE id IN (SELECT t.id FROM t WHERE means(text,'red')) AND means(text,'apple');

SELECT id FROM t WHERE text IN (SELECT ask(word,'x') FROM u) OR means(text,'sky');

SELECT id FROM t x WHERE id > (SELECT min(id) FROM t x WHERE means(x.text,'green'));

SELECT id FROM t x WHERE EXISTS (SELECT 1 FROM u x WHERE means(x.word,'red'));

SELECT id FROM t x WHERE amount > ANY (SELECT amount FROM t y WHERE means(y.text,'green'));

SELECT id FROM t x WHERE amount >= ALL (SELECT amount FROM t y WHERE means(y.text,'green') AND y.grp = x.grp);

SELECT id, (SELECT means(t.text,'red')) FROM t;

SELECT id, (SELECT count(*) FROM u WHERE u.grp = t.grp AND means(word, 'r')) FROM t WHERE means(text,'a');

SELECT id, (SELECT ask(max(word),'x') FROM u) FROM t WHERE id < 3;

SELECT id, (SELECT ask(max(u.word),t.text) FROM u) FROM t WHERE id < 3;

SELECT (SELECT ask('a','b')), ask('a','b');

SELECT ask('a','b') AS x, ask(x,'c');

SELECT id FROM t WHERE means(text,'red') LIMIT 100 OFFSET 1;

SELECT id, tags(text)[1], parts(text).first, parts(text)['size'], when_said(text) + 1, facts(text)->>'n' FROM t;

SELECT id, (parts(text)).first, tags(text) FROM t WHERE (parts(text)).size > 3 AND list_contains(tags(text), 'red');

SELECT unnest(tags(text)) AS tag, count(*) FROM t GROUP BY tag;

SELECT id, tag FROM t, unnest(tags(t.text)) AS x(tag);

SELECT id, x.tag FROM t CROSS JOIN LATERAL (SELECT unnest(tags(t.text)) AS tag) x;

SELECT year(when_said(text)) AS y, count(*) FROM t GROUP BY y;

SELECT rate(amount), rate(amount::decimal(10,2)), rate(1.5) FROM t;

SELECT id FROM t WHERE lies_within(text, 'a', 'h') AND NOT lies_within(text, 'c', 'z');

SELECT * FROM (PIVOT (SELECT grp, classify(text,['a','b']) k FROM t) ON k USING count(*));

PIVOT (SELECT grp, classify(text,['a','b']) k FROM t) ON k USING count(*);

UNPIVOT (SELECT id, ask(text,'1') a, ask(text,'2') b FROM t) ON a, b INTO NAME n VALUE v;

SELECT * FROM t WHERE means(text,'red') ORDER BY id LIMIT 10 PERCENT;

SELECT id FROM t WHERE row(means(text,'red'), id) = row(true, 1);

SELECT {'a': ask(text,'x'), 'b': id} FROM t;

SELECT [ask(text,'x'), ask("desc",'x')], MAP {'k': ask(text,'x')} FROM t;

SELECT id FROM t WHERE ask(text,'x') LIKE '%x' AND ask(text,'x') NOT ILIKE 'RED%';

SELECT id FROM t WHERE regexp_matches(ask(text,'x'), 'red') AND ask(text,'x')[1:3] = 'red';

SELECT EXTRACT(year FROM when_said(text)) FROM t;

MERGE INTO u USING (SELECT id, text FROM t WHERE means(text,'red')) AS x ON u.id = x.id WHEN MATCHED THEN UPDATE SET word = x.text WHEN NOT MATCHED THEN INSERT VALUES (x.id, x.text, 'z');

MERGE INTO u USING t ON u.id = t.id WHEN MATCHED AND means(t.text, u.word) THEN UPDATE SET word = ask(t.text, 'z') WHEN NOT MATCHED THEN INSERT VALUES (t.id, ask(t.text,'n'), 'z');

WITH c AS MATERIALIZED (SELECT id, ask(text,'q') AS a FROM t) UPDATE u SET word = c.a FROM c WHERE c.id = u.id AND means(c.a,'red');

WITH d AS (SELECT id FROM t WHERE means(text,'red')) DELETE FROM u WHERE id IN (SELECT id FROM d) AND means(word,'red');

WITH d AS (SELECT id, text FROM t WHERE means(text,'red')) INSERT INTO u SELECT id, ask(text,'z'), 'q' FROM d;

UPDATE t SET grp = (SELECT max(ask(word,'z')) FROM u WHERE u.id = t.id) WHERE id < 4;

UPDATE t SET grp = (SELECT max(ask(word,'z')) FROM u) WHERE id < 4;

UPDATE t AS x SET grp = ask(x.text,'z') WHERE x.id < 4 AND means(x.text,'red');

DELETE FROM t WHERE id IN (SELECT id FROM u WHERE means(word,'red')) OR means(text,'sky');

SELECT id, ask(text,'x') FROM t ORDER BY id LIMIT 3;

SELECT id, ask(text,'x') AS a, amount FROM t ORDER BY amount DESC NULLS LAST LIMIT 3 OFFSET 1;

SELECT *, ask(text,'x') AS a FROM t ORDER BY id LIMIT 3;

SELECT ask(text,'x') AS a FROM t WHERE id > 2 ORDER BY id LIMIT 3;

SELECT ask(text,'x') AS a FROM t WHERE means(text,'red') ORDER BY id LIMIT 3;

SELECT ask(text,'x') AS a, row_number() OVER (ORDER BY id) FROM t ORDER BY id LIMIT 3;

SELECT ask(text,'x') AS a FROM t ORDER BY a LIMIT 3;

SELECT ask(text,'x') AS a, id + 1 AS b FROM t ORDER BY b DESC LIMIT 3;

SELECT upper(text) AS up, ask(up,'x') AS a, id FROM t ORDER BY id LIMIT 3;

SELECT (SELECT ask(word,'q') FROM u ORDER BY id LIMIT 1);

SELECT id, (SELECT ask(word,'q') FROM u WHERE u.id = t.id ORDER BY word LIMIT 1) FROM t;

SELECT id, (SELECT ask(word,'q') FROM u WHERE u.id = t.id ORDER BY word LIMIT 1) FROM t ORDER BY id LIMIT 4;

SELECT id, (SELECT ask(t.text,'q') LIMIT 1) FROM t ORDER BY id LIMIT 4;

WITH c AS (SELECT id, ask(text,'x') AS a FROM t ORDER BY id LIMIT 3) SELECT id, means(a,'red') FROM c WHERE a <> 'zz' ORDER BY id LIMIT 2;

(SELECT ask(text,'x') FROM t ORDER BY id LIMIT 3) UNION ALL (SELECT ask(word,'x') FROM u ORDER BY id, word LIMIT 2);

INSERT INTO u SELECT id, ask(text,'x'), grp FROM t ORDER BY id LIMIT 2;

SELECT t.id, l.w FROM t, LATERAL (SELECT ask(u.word, 'e') AS w FROM u WHERE u.id = t.id ORDER BY u.word LIMIT 1) l;

SELECT t.id, means(l.w,'e') FROM t, LATERAL (SELECT u.word AS w FROM u WHERE u.id = t.id ORDER BY u.word LIMIT 1) l;

SELECT t.id, means(l.w,'e') FROM t, (SELECT u.word AS w FROM u WHERE u.id = t.id ORDER BY u.word LIMIT 1) l;

WITH c1 AS (SELECT ask(text,'a') AS a FROM t), c2 AS (SELECT ask(ask(a,'b'),'c') AS b FROM c1) SELECT * FROM c2;

WITH c AS (SELECT ask(text,'a') AS a FROM t) SELECT * FROM (SELECT * FROM (SELECT ask(a,'b') AS b FROM c)) WHERE means(b,'red');

SELECT id, (SELECT max(ask(word,'r')) FROM u WHERE id IN (SELECT id FROM s WHERE s.id = t.id)) FROM t;

SELECT id, (SELECT upper(word) AS text FROM u WHERE means(word,'red') LIMIT 1) FROM t;

SELECT id, (SELECT 'k' || upper(word) AS text FROM u WHERE means(text,'red') AND u.id = 1) FROM t;

SELECT id, ask(text,'x') AS a FROM t WHERE means(text,'red') QUALIFY row_number() OVER (ORDER BY id) = 2;

SELECT id, CASE WHEN id > 2 THEN ask(text,'x') END FROM t QUALIFY row_number() OVER (ORDER BY id) = 3;

SELECT id FROM t WHERE means(text,'red') AND id IN (SELECT id FROM t ORDER BY id LIMIT 3);

SELECT id, ask(text, (SELECT word FROM u ORDER BY id LIMIT 1)) FROM t;

SELECT id, ask(text, (SELECT max(word) FROM u WHERE u.id = t.id LIMIT 1)) FROM t;

SELECT id, means(text,'red') AS m, CASE WHEN amount > 15 THEN ask(m::varchar,'x') END, CASE WHEN amount > 15 THEN m END FROM t;

SELECT id, ask(text,'x') a FROM t WHERE coalesce(grp, ask(text,'x')) = 'a' OR coalesce(NULL, ask(text,'x')) LIKE 'red%';

SELECT id, coalesce(grp, ask(text,'g'), ask("desc",'d')) FROM t;

SELECT id, ifnull(CASE WHEN id > 3 THEN ask(text,'g') END, ask("desc",'d')) FROM t;

SELECT id, if(id > 3, ask(text,'g'), if(id > 1, ask(text,'h'), 'z')) FROM t;

SELECT g.grp, ask(g.txt,'sum') FROM (SELECT grp, string_agg(text, ',' ORDER BY id) AS txt FROM t GROUP BY grp) g;

WITH g AS (SELECT grp, string_agg(text, ',' ORDER BY id) AS txt FROM t WHERE means(text,'r') GROUP BY grp) SELECT grp, ask(txt,'sum') FROM g;

SELECT * FROM (SELECT * FROM t) x TABLESAMPLE 100 PERCENT WHERE means(x.text,'red');

SELECT * FROM t TABLESAMPLE 100 PERCENT WHERE means(text,'red');

SELECT * FROM t WHERE means(text,'red') USING SAMPLE 100 PERCENT;

SELECT DISTINCT ON (grp) grp, ask(text,'x') FROM t ORDER BY grp, id;

SELECT ask(x.text,'x') FROM (SELECT DISTINCT ON (grp) grp, text FROM t ORDER BY grp, id) x;

SELECT ask(x.text,'x') FROM (SELECT text, row_number() OVER (ORDER BY id) r FROM t) x WHERE r < 3;

INSERT INTO u VALUES (1, ask('a','b'), 'c') RETURNING ask('a','b'), ask(word,'z');

SELECT DISTINCT ask(text,'x') FROM t ORDER BY 1 LIMIT 2;

SELECT count(*) FROM t WHERE means(text,'red') LIMIT 1;

SELECT grp, count(*), ask(grp,'x') FROM t GROUP BY grp ORDER BY grp LIMIT 2;

SELECT grp, max(ask(text,'x')) FROM t GROUP BY grp ORDER BY grp LIMIT 2;

VALUES (ask('a','b')), ('c');

SELECT * FROM (VALUES (ask('a','b')), ('c')) v(x) WHERE means(x,'a');

SELECT EXISTS (SELECT 1 FROM t WHERE means(text,'red')), (SELECT count(*) FROM t WHERE means(text,'red'));

SELECT id, means(text,'red') IS DISTINCT FROM means("desc",'sweet') FROM t;

SELECT id FROM t WHERE (means(text,'red'), means("desc",'sweet')) = (true, false);

SELECT t.* FROM t, u WHERE t.id = u.id AND means(t.text, u.word) AND u.grp = 'a' AND t.amount > (SELECT avg(amount) FROM t t2 WHERE means(t2.text,'red'));

SELECT id, ask(text, ask(text,'x')) FROM t WHERE ask(text,'x') LIKE 'r%' ORDER BY ask(text,'x'), id;

SELECT id, about(text,'c') + about(text,'c') * about("desc",'c') FROM t;

SELECT max(about(text,'c')) - min(about(text,'c')), avg(about(text,'c')) FROM t;

SELECT grp, list(ask(text,'x') ORDER BY id), count(DISTINCT ask(text,'x')), max(id) FILTER (WHERE means(text,'red')) FROM t GROUP BY ALL;

SELECT arg_max(id, about(text,'c')), arg_max(ask(text,'z'), id) FROM t;

SELECT year(when_said(text)), grp, count(*) FROM t GROUP BY ALL ORDER BY ALL;

SELECT classify(text,['a','b']) c, rate(sum(amount)) FROM t GROUP BY c HAVING rate(count(*)) >= 0;

SELECT grp, rate(sum(amount)), rate(max(amount)) FROM t GROUP BY grp HAVING rate(count(*)) > 1;

SELECT rate(count(*)) FROM t WHERE means(text,'red');

SELECT rate(count(*)), means(max(text),'red'), grp FROM t GROUP BY 3 ORDER BY rate(count(*)), 3;

UPDATE t SET grp = ask(text,'x'), "desc" = ask("desc",'y') FROM (SELECT id AS k FROM u LIMIT 100) z WHERE z.k = t.id AND means(t.text,'red');

UPDATE t SET amount = rate(amount) WHERE amount > 10 AND id IN (SELECT id FROM u WHERE means(word,'red'));

UPDATE t SET grp = CASE WHEN means(text,'red') THEN ask(text,'r') ELSE grp END;

CREATE TABLE made AS SELECT id, ask(text,'x') FROM t;

SELECT u.id FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.id = u.id AND means(t.text, 'red'));

SELECT t.id FROM t JOIN u ON t.id = u.id OR means(t.text, u.word);

SELECT t.id, u.id FROM t JOIN u ON t.id = u.id AND (means(t.text, u.word) OR u.grp = 'a') AND t.amount > 5;

SELECT t.id, u.word, s.id FROM t JOIN u ON means(t.text, u.word) LEFT JOIN s ON s.id = t.id AND means(s."Mixed Name", 'b');

SELECT t.id, u.word, s.id FROM t JOIN u ON means(t.text, u.word) RIGHT JOIN s ON s.id = t.id;

SELECT upper(word) AS word, t.id FROM t JOIN u ON means(t.text, word);

SELECT * FROM t JOIN u ON means(t.text, u.word) AND t.id = u.id WHERE t.amount > 5 OR t.amount IS NULL;

SELECT reverse(text) AS text, id FROM t ORDER BY ask(text,'x'), id;

SELECT reverse(text) AS text, id FROM t ORDER BY CASE WHEN text > 'm' THEN ask(grp,'x') ELSE 'z' END, id;

SELECT id, row_number() OVER (ORDER BY id) AS r, CASE WHEN r > 2 THEN ask(text,'x') END FROM t;

SELECT id, amount > 30 AS m FROM t ORDER BY CASE WHEN m THEN ask(text,'x') END, id;

SELECT amount > 30 AS m, count(*) FROM t GROUP BY m HAVING CASE WHEN m THEN means(max(text),'e') ELSE true END;

SELECT -id AS id, text FROM t ORDER BY about(text,'x'), id;

SELECT -id AS id, text FROM t ORDER BY id + about(text,'x');

SELECT reverse(text) AS text, count(*) FROM t GROUP BY text ORDER BY ask(text,'x');

SELECT reverse(grp) AS g, max(text) AS text FROM t GROUP BY grp ORDER BY ask(max(text),'x');

SELECT reverse(text) AS text FROM t ORDER BY ask(upper(text),'x') DESC NULLS LAST;

SELECT reverse(text) AS text, means(text, 'elppa') FROM t ORDER BY 2, 1;

SELECT id FROM t WHERE means(text,'red') ORDER BY id LIMIT 2;

SELECT id, text FROM t WHERE means(text,'red') ORDER BY id DESC LIMIT 1 OFFSET 1;

SELECT * FROM t WHERE means(text,'e') AND amount > 5 ORDER BY amount DESC, id LIMIT 3;

SELECT * FROM t WHERE means(text,'e') IS NOT TRUE ORDER BY id LIMIT 3;

SELECT id, amount + 1 AS id FROM t WHERE NOT means(text,'red') ORDER BY 2, 1 LIMIT 2;

SELECT id, ask(text,'q') AS a, ask("desc",'r') FROM t WHERE means(text,'e') AND (about("desc",'x') > 0.3 OR means(text,'red')) ORDER BY id LIMIT 4;

SELECT about(text,'x') AS a, id FROM t WHERE about(text,'x') > 0.2 ORDER BY id LIMIT 3;

SELECT t.id, u.word FROM t JOIN u ON t.id = u.id OR u.grp = 'a' WHERE means(t.text, u.word) ORDER BY t.id, u.word LIMIT 3;

SELECT id, text, word FROM t JOIN u USING (id) WHERE means(text, word) OR classify(word, ['a','b']) = 'a' ORDER BY ALL LIMIT 2;

SELECT s.part.name, s."Mixed Name" FROM s WHERE means(s.part.name, 'red') OR len(words) = 0 ORDER BY s.id LIMIT 5;

SELECT count(*) FROM (SELECT id FROM t WHERE means(text,'red') LIMIT 2);

WITH c AS (SELECT id, text FROM t WHERE means(text,'red') ORDER BY id LIMIT 2) SELECT x.id, ask(y.text,'q') FROM c x JOIN c y USING (id);

WITH c AS (SELECT id, ask(text,'a') AS a FROM t ORDER BY id LIMIT 2) SELECT id, ask(a,'q') FROM c;

(SELECT id FROM t WHERE means(text,'red') ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM u WHERE means(word,'r') ORDER BY id LIMIT 1);

SELECT id FROM u WHERE EXISTS (SELECT * FROM t WHERE means(text,'red')) ORDER BY id;

SELECT id FROM u WHERE NOT EXISTS (SELECT ask(text,'x') FROM t WHERE means(text,'zzz') OR amount > 79) ORDER BY id LIMIT 2;

SELECT EXISTS (SELECT 1 FROM t WHERE means(text,'nothing')), (SELECT id FROM t WHERE means(text,'sky') ORDER BY id LIMIT 1);

SELECT id FROM t WHERE means(text,'e') AND means("desc",'s') AND NOT means(text,'sky');

SELECT id FROM t WHERE means(ask(text,'e'),'e') AND (means("desc",'s') OR (means(text,'red') AND about(text,'x') > 0.1) OR amount = 30);

SELECT id, means(text,'red') FROM t WHERE means(text,'red') OR means("desc",'sweet');

SELECT id FROM t WHERE (CASE WHEN amount > 20 THEN means(text,'e') ELSE means("desc",'s') END) AND means(text,'a') ORDER BY id LIMIT 2;

SELECT id FROM t WHERE year(when_said(text)) = 2024 AND list_contains(tags(text), 'red') AND parts(text).size > 3 ORDER BY id LIMIT 2;

SELECT id FROM t WHERE means('red apple', 'red') AND means(text, 'sky') ORDER BY id LIMIT 1;

SELECT id FROM t WHERE means(text, NULL) LIMIT 2;

SELECT id FROM t WHERE means(text, NULL) IS NULL AND means(text, 'red') ORDER BY id LIMIT 2;

SELECT id FROM t WHERE means(text, 'red') ORDER BY id LIMIT 0;

SELECT id FROM t WHERE means(text, 'red') ORDER BY id LIMIT NULL OFFSET 1;

CREATE TABLE made AS SELECT id, ask(text,'x') FROM t WHERE means(text,'red') ORDER BY id LIMIT 2;

INSERT INTO u SELECT id, text, grp FROM t WHERE means(text,'red') AND means(text,'apple') ORDER BY id LIMIT 1;

UPDATE t SET grp = 'z' WHERE means(text,'red') AND means("desc",'s');

DELETE FROM t WHERE means(text,'green') OR means("desc",'wide');

SELECT id FROM t ORDER BY about(text,'x') DESC, id LIMIT 3;

SELECT id, about(text,'x') AS score, ask(text,'q') FROM t WHERE amount > 5 ORDER BY score DESC, id DESC LIMIT 2 OFFSET 1;

SELECT *, relevance(text,'x') FROM t ORDER BY relevance(text,'x') DESC NULLS LAST, id LIMIT 20;

SELECT t.id, u.word FROM t JOIN u ON true ORDER BY about(t.text, u.word) DESC, t.id, u.id, u.word LIMIT 4;

SELECT count(*), max(s) FROM (SELECT about(text,'x') AS s FROM t ORDER BY s DESC LIMIT 2);

SELECT id FROM t ORDER BY about('constant','x') DESC, id LIMIT 2;

SELECT id, text FROM t ORDER BY about(text,'x') DESC, text, id DESC LIMIT 0;

WITH c AS (SELECT id, text FROM t ORDER BY about(text,'x') DESC, id LIMIT 2) SELECT id, ask(text,'q') FROM c;

SELECT condense(text, '!') FROM t;

SELECT grp, condense(text, '!') FROM t GROUP BY grp;

SELECT grp, condense("desc", '!'), count(*) FROM t GROUP BY ALL ORDER BY grp;

SELECT grp AS g, condense(text, '!') AS s FROM t WHERE amount > 15 GROUP BY g HAVING count(*) > 1 ORDER BY s DESC;

SELECT grp, condense(text, '!') FROM t GROUP BY 1 HAVING condense(text, '!') > 'g';

SELECT grp, condense(CASE WHEN amount > 20 THEN text END, '!') FROM t GROUP BY grp;

SELECT grp, condense(text, '!') FROM t WHERE text IS NULL GROUP BY grp;

SELECT condense(text, '!') FROM t WHERE id > 99;

SELECT condense(text, '!'), count(*) FROM t WHERE id > 99;

SELECT condense(text, '!') IS NULL FROM t WHERE id > 99 GROUP BY grp;

SELECT grp, "desc", condense(text, '!') FROM t GROUP BY GROUPING SETS ((grp), ("desc"), ());

SELECT grp, "desc", condense(text, '!') FROM t GROUP BY ROLLUP (grp, "desc");

SELECT grp, amount > 20 AS big, condense(text, '!') FROM t GROUP BY CUBE (grp, big);

SELECT grp, words(text) FROM t GROUP BY grp;

SELECT grp, len(words(text)) AS n FROM t GROUP BY grp ORDER BY n, grp;

SELECT unnest(words(text)) AS word FROM t ORDER BY word;

SELECT grp, word FROM (SELECT grp, unnest(words(text)) AS word FROM t GROUP BY grp) ORDER BY ALL;

SELECT classify(text, ['a','b','c']) AS k, condense(text, '!') FROM t GROUP BY k;

SELECT classify(text, ['a','b','c']) AS k, condense(text, '!') FROM t GROUP BY 1 ORDER BY k;

SELECT classify(text, ['a','b','c']) AS k, condense(text, '!') FROM t GROUP BY ALL;

SELECT grp, condense(ask(text, 'q'), '!') FROM t GROUP BY grp;

SELECT grp, ask(condense(text, '!'), 'short') FROM t GROUP BY grp;

SELECT grp, condense(CASE WHEN means(text, 'red') THEN text END, '!') FROM t GROUP BY grp;

SELECT grp, condense(text, '!') FROM t WHERE means(text, 'red') GROUP BY grp;

SELECT grp, condense(text, '!') || condense(text, '?') FROM t GROUP BY grp;

SELECT grp, condense(text, max("desc")) FROM t GROUP BY grp;

SELECT grp, condense(text, grp) FROM t GROUP BY grp;

SELECT u.grp, condense(t.text, '!') FROM t JOIN u USING (grp) GROUP BY ALL;

SELECT g, s FROM (SELECT grp AS g, condense(text, '!') AS s FROM t GROUP BY grp) WHERE s IS NOT NULL;

WITH g AS (SELECT grp, condense(text, '!') AS s FROM t GROUP BY grp) SELECT t.id, g.s FROM t JOIN g USING (grp);

SELECT id, (SELECT condense(word, '!') FROM u WHERE u.grp = t.grp) AS s FROM t;

SELECT id, (SELECT condense(word, '!') FROM u) AS s FROM t;

SELECT max(condense) FROM (SELECT condense(text, '!') AS condense FROM t GROUP BY grp);

SELECT grp, condense(text, '!'), row_number() OVER (ORDER BY grp) AS r FROM t GROUP BY grp;

SELECT DISTINCT condense("desc", '!') FROM t GROUP BY grp, id;

SELECT grp, CASE WHEN count(*) > 2 THEN condense(text, '!') END FROM t GROUP BY grp;

SELECT condense(name, '!') FROM (SELECT part.name AS name FROM s);

SELECT condense(word, '!') FROM (SELECT unnest(words) AS word FROM s);

SELECT t.id, u.id FROM t JOIN u ON same(t.text, u.word);

SELECT t.id, u.id FROM t, u WHERE same(t.text, u.word);

SELECT t.id, u.id FROM t, u WHERE NOT same(t.text, u.word);

SELECT t.id, u.id, same(t.text, u.word) FROM t, u;

SELECT t.id, u.id, same(u.word, t.text) IS NULL FROM t, u WHERE t.amount > 10;

SELECT t.id, u.id FROM t JOIN u USING (grp) WHERE same(text, word);

SELECT t.id, u.id FROM t JOIN u ON t.grp = u.grp AND same(text, word) WHERE t.id > 1 AND u.id < 9;

SELECT * FROM t JOIN u ON same(t.text, u.word) AND t.id <> u.id;

SELECT a.id, b.id FROM t a JOIN t b ON same(a.text, b.text);

SELECT a.id, b.id FROM t a JOIN t b ON same(a.text, b.text) WHERE a.id < b.id;

SELECT a.id, b.id FROM t a JOIN t b ON same(a.text, b."desc") OR a.id = b.id;

SELECT a.id, b.id FROM (SELECT * FROM t WHERE means(text, 'red')) a, t b WHERE same(a.text, b.text) AND means(b.text, 'red');

WITH c AS (SELECT * FROM t WHERE id < 4) SELECT a.id, b.id, u.id FROM c a, c b, u WHERE same(a.text, b.text) AND same(b.text, u.word);

SELECT u.id, (SELECT count(*) FROM t a, t b WHERE same(a.text, b.text)) FROM u;

SELECT t.id, count(*) FROM t, u WHERE same(upper(t.text), upper(u.word)) GROUP BY t.id;

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE same(t.text, u.word));

SELECT id FROM t WHERE same(text, 'red') OR same('red apple', "desc");

SELECT t.id, u.id FROM t JOIN u ON same(t.text, u.word) OR (t.grp = u.grp AND same(t."desc", u.word));

SELECT t.id, w.word FROM t, (SELECT word FROM u ORDER BY word LIMIT 2) w WHERE same(t.text, w.word);

UPDATE u SET grp = 'z' FROM t WHERE same(t.text, u.word) AND t.id = u.id;

SELECT t.id, u.id FROM t LEFT JOIN u ON same(t.text, u.word);

SELECT * FROM t LEFT JOIN u ON t.grp = u.grp AND same(t.text, u.word) WHERE t.id > 1;

SELECT t.id, u.id FROM t LEFT JOIN u ON NOT same(t.text, u.word) AND u.id > 2;

SELECT t.id, u.id FROM t LEFT JOIN u ON t.id = u.id AND means(u.word, 'r') WHERE u.id IS NULL OR t.id > 2;

SELECT t.id, u.id FROM t LEFT JOIN u ON about(t.text, u.word) > 0.5 AND same(t."desc", t.grp);

SELECT t.id, u.id, v.id FROM t LEFT JOIN u ON same(t.text, u.word) LEFT JOIN u v ON same(v.word, u.word) AND v.grp = t.grp;

SELECT t.id, u.id FROM t LEFT JOIN u ON same(t.text, u.word) OR t.id = u.id;

SELECT t.id, u.id FROM t LEFT JOIN u ON same(text, word);

SELECT t.id, u.id FROM t RIGHT JOIN u ON same(t.text, u.word);

SELECT t.id, u.id FROM t FULL JOIN u ON same(t.text, u.word) AND t.id = u.id;

SELECT count(*) FROM (SELECT t.id FROM t LEFT JOIN u ON same(t.text, u.word) LIMIT 3);

SELECT t.id, u.id FROM t JOIN u ON same(t.text, u.word) ORDER BY t.id, u.id LIMIT 2;

SELECT id FROM u WHERE EXISTS (SELECT 1 FROM t a, t b WHERE same(a.text, b.text) AND a.id < b.id);

SELECT id, ask(text, 'q') FROM n;

SELECT id FROM n WHERE ascii(ask(text, 'q')) = 82;

SELECT id, text FROM n WHERE ascii(tags(text)[1]) = 114;

SELECT id FROM n WHERE ascii(ask(text, 'q')) = 82 OR ascii(tags(text)[1]) = 66 AND id > 3;

SELECT id, ask(text, 'a') FROM n WHERE ascii(tags(text)[1]) > 90 LIMIT 4;

SELECT id, text FROM n WHERE means(text COLLATE "binary", 'ed') ORDER BY id LIMIT 2;

SELECT id FROM n WHERE ascii(ask(text, 'q')) > 90 AND ascii(ask(text, 'p')) <> 98 ORDER BY id LIMIT 2;

SELECT id FROM n ORDER BY about(text, 'x') DESC, id LIMIT 3;

SELECT id, condense(text, 'f') FROM n GROUP BY id;

SELECT id % 2 AS half, ascii(condense(text COLLATE "binary", 'f')) FROM n GROUP BY ALL;

SELECT id, condense(text || '', 'f') OVER (PARTITION BY id) FROM n;

SELECT id, classify(text, [text, 'x']) FROM n;

SELECT id, ask({'text': text}::VARCHAR, 'q') FROM n;

SELECT n.id, m.id FROM n JOIN n AS m ON same(n.text COLLATE "binary", m.text COLLATE "binary");

SELECT n.id, u.id FROM n LEFT JOIN u ON ascii(ask(n.text, 'x')) = 82 AND n.id = u.id;

SELECT n.id, (SELECT count(*) FROM t WHERE t.id < n.id AND ascii(ask(n.text, t.grp)) = 82) FROM n;

UPDATE n SET text = ask(text, 'u');

DELETE FROM n WHERE ascii(ask(text, 'u')) = 114;

SELECT id FROM u WHERE (SELECT count(*) FROM t WHERE means(text,'red')) > 1;

SELECT (SELECT count(*) FROM t WHERE means(text,'e')) AS n, (SELECT count(*) FROM t WHERE means(text,'e')) >= 2 AS two, 3 < (SELECT count(*) FROM t WHERE means(text,'e')) AS three;

SELECT (SELECT count(*) FROM t WHERE means(text,'red')) = 2, (SELECT count(1) FROM t WHERE means(text,'red')) <> 2, (SELECT count() FROM t WHERE means(text,'red')) <= 0;

SELECT (SELECT count(*) FROM t WHERE means(text,'e')) BETWEEN 2 AND 3, NOT ((SELECT count(*) FROM t WHERE means(text,'e')) NOT BETWEEN -1 AND 2);

SELECT (SELECT count(*) FROM t WHERE means(text,'e')) > 1.5, (SELECT count(*) FROM t WHERE means(text,'e')) > '2', (SELECT count(*) FROM t WHERE means(text,'e')) >= -3;

SELECT (SELECT count(*) FROM t WHERE means(text,'e')) > 1e300, (SELECT count(*) FROM t WHERE means(text,'e')) > (SELECT count(*) FROM u);

SELECT count(*) > 2, count(*) < 2 AS few FROM t WHERE means(text,'e');

SELECT 'yes' AS said FROM t WHERE means(text,'e') HAVING count(*) > 1;

SELECT 'yes' AS said FROM t WHERE means(text,'e') HAVING count(*) > 100;

SELECT count(*) > 1, max(id) FROM t WHERE means(text,'e');

SELECT id FROM u WHERE (SELECT count(*) FROM t WHERE t.grp = u.grp AND means(text,'e')) > 0;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) >= 2;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) < 2;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) = 2;

SELECT grp AS g, count(*) > 1 AS many FROM t WHERE means(text,'e') GROUP BY g ORDER BY many, g NULLS FIRST LIMIT 3;

SELECT upper(grp), grp FROM t WHERE means(text,'e') GROUP BY ALL;

SELECT upper(grp) AS grp FROM t WHERE means(text,'e') GROUP BY grp;

SELECT t.grp, u.grp FROM t JOIN u USING (id) WHERE means(text, 'e') GROUP BY 1, 2 HAVING count(*) BETWEEN 1 AND 2;

SELECT grp FROM t WHERE means(text,'e') AND id > 1 GROUP BY grp HAVING count(*) >= 2 AND count(*) < 4;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) >= 2 OR grp = 'b';

SELECT grp FROM t WHERE means(text,'e') GROUP BY ROLLUP (grp) HAVING count(*) >= 1;

SELECT grp, count(*) FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) >= 1;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(DISTINCT text) >= 1;

SELECT grp, row_number() OVER (ORDER BY grp) FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) >= 1;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) >= 0;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) > -5;

SELECT grp FROM t WHERE means(text,'e') GROUP BY grp HAVING NOT (count(*) < 0);

SELECT grp, count(*) < 0 AS few FROM t WHERE means(text,'e') GROUP BY ALL;

SELECT t.grp FROM t WHERE means(text,'e') GROUP BY grp HAVING count(*) > 1;

SELECT grp FROM t WHERE means(text,'e') GROUP BY t.grp HAVING count(*) > 1 ORDER BY grp;

SELECT GRP FROM t WHERE means(text,'e') GROUP BY grp HAVING t.grp > 'a' AND count(*) >= 1;

SELECT "grp", count(*) > 1 AS several FROM t AS m WHERE means(m.text,'e') GROUP BY ALL ORDER BY m.grp;

SELECT t.grp FROM t JOIN u ON t.id = u.id WHERE means(t.text,'e') GROUP BY t.grp HAVING count(*) >= 1 ORDER BY t.grp;

SELECT (SELECT count(*) FROM t WHERE means(text,'e')) > 170141183460469231731687303715884105727 AS never;

SELECT (SELECT count(*) FROM t WHERE means(text,'e')) > -170141183460469231731687303715884105727 AS always;

SELECT DISTINCT grp FROM t WHERE means(text,'e');

SELECT DISTINCT grp, amount > 15 AS much FROM t WHERE means(text,'e') AND about("desc",'x') > 0.2 ORDER BY grp NULLS LAST, much LIMIT 3;

SELECT DISTINCT ON (grp) grp, id FROM t WHERE means(text,'e') ORDER BY grp, id;

SELECT id, id IN (SELECT amount FROM t WHERE means(text,'e')) FROM t;

SELECT id, grp NOT IN (SELECT grp FROM t WHERE means(text,'red')) FROM u;

SELECT id, grp = ANY (SELECT grp FROM t WHERE means(text,'red')), grp <> ALL (SELECT grp FROM t WHERE means(text,'red')) FROM u;

SELECT id, id > ALL (SELECT amount / 10 FROM t WHERE means(text,'e')), id < ANY (SELECT amount / 10 FROM t WHERE means(text,'e')) FROM u;

SELECT 'b' IN (SELECT grp FROM t WHERE means(text,'e')), NULL IN (SELECT grp FROM t WHERE means(text,'e')), 'zz' IN (SELECT grp FROM t WHERE means(text,'e'));

SELECT id FROM u WHERE (id, grp) IN (SELECT (id, grp) FROM t WHERE means(text,'e'));

WITH c AS (SELECT * FROM t WHERE amount > 5) SELECT id FROM u WHERE grp IN (WITH d AS (SELECT * FROM c) SELECT grp FROM d WHERE means(text,'e'));

SELECT count(*) FROM (SELECT DISTINCT text FROM n WHERE ascii(ask(text, 'q')) > 40 AND id > 0);

SELECT count(*) FROM (SELECT lower(text) FROM n WHERE about(id::VARCHAR, 'x') >= 0 GROUP BY text HAVING count(*) >= 2);

SELECT count(*) FROM (SELECT 1 FROM n WHERE about(id::VARCHAR, 'x') >= 0 GROUP BY text HAVING count(*) >= 2);

SELECT u.id FROM u WHERE upper(word) IN (SELECT text FROM n WHERE about(id::VARCHAR, 'x') >= 0);

SELECT t.id, u.id FROM t, u WHERE alike(t.text, u.word);

SELECT t.id, u.id, alike(t.text, u.word) FROM t, u;

SELECT a.id, b.id FROM t a JOIN t b ON a.id < b.id AND NOT alike(a.text, b."desc");

SELECT a.id, b.id FROM t a, t b WHERE alike(a.text, b."desc") IS NULL;

SELECT a.id, b.id FROM t a, t b WHERE akin(a.text, b."desc") IS NULL OR akin(b.text, a."desc");

SELECT t.id, u.id FROM t LEFT JOIN u ON alike(t.text, u.word) AND t.grp = u.grp;

SELECT t.id, u.id FROM t FULL JOIN u ON alike(t.text, u.word) AND t.id = u.id;

SELECT t.id, u.id FROM t JOIN u USING (grp) WHERE alike(text, word);

WITH c AS (SELECT * FROM t WHERE means(text, 'r')) SELECT a.id, b.id FROM c a, c b WHERE alike(a.text, b.text) AND same(a.text, b.text);

SELECT t.id, count(*) FROM t, u WHERE alike(t.text, u.word) GROUP BY t.id HAVING bool_or(alike(t.text, u.word));

SELECT t.id, u.id FROM t, u WHERE alike(t.text, u.word) ORDER BY t.id, u.id LIMIT 5;

SELECT id FROM u WHERE EXISTS (SELECT 1 FROM t a, t b WHERE alike(a.text, b.text) AND a.id < b.id);

UPDATE u SET grp = 'z' FROM t WHERE alike(t.text, u.word) AND t.id = u.id;

SELECT id FROM t WHERE amount > 15 AND EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(u.word, 'e'));

SELECT id FROM t WHERE amount > 15 AND NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e') AND grp = 'a');

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE grp = t.grp AND means(word, 'e') AND means(text, 'red'));

SELECT id FROM t WHERE id IN (SELECT u.id FROM u WHERE u.grp = t.grp AND means(word, 'e'));

SELECT id FROM t WHERE id NOT IN (SELECT u.id FROM u WHERE u.grp = t.grp AND means(word, 'e'));

SELECT id FROM t WHERE amount > ALL (SELECT u.id * 10 FROM u WHERE u.grp = t.grp AND means(word, 'e'));

SELECT id, EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, text)) AS there FROM t WHERE amount > 15;

SELECT id, (SELECT count(*) FROM u WHERE u.grp = t.grp AND means(word, 'e')) AS n FROM t WHERE id > 2 ORDER BY id;

SELECT id, (SELECT max(ask(word, t.text)) FROM u WHERE u.grp = t.grp) AS n FROM t WHERE id > 2 ORDER BY id;

SELECT id, (SELECT ask(max(word), 'q') FROM u WHERE u.grp = t.grp AND u.id < t.id) AS n FROM t;

SELECT grp, count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e')) GROUP BY grp;

SELECT grp, count(*), (SELECT count(*) FROM u WHERE u.grp = t.grp AND means(word, 'e')) FROM t GROUP BY grp;

SELECT id FROM t WHERE means(text, 'red') AND EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e'));

SELECT id FROM t WHERE means(text, 'red') OR EXISTS (SELECT 1 FROM u WHERE u.id < t.id AND means(word, 'e') AND u.grp <> t.grp);

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND EXISTS (SELECT 1 FROM s WHERE s.id = u.id AND means(s.words[1], u.word)));

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND EXISTS (SELECT 1 FROM s WHERE s.id < t.id AND means(t.text, u.word)));

SELECT t.id FROM t JOIN u w ON t.id = w.id WHERE EXISTS (SELECT 1 FROM u WHERE u.grp = w.grp AND means(u.word, w.word) AND u.id = t.id);

WITH c AS (SELECT * FROM u WHERE id > 1) SELECT id FROM t WHERE EXISTS (WITH d AS (FROM c) SELECT 1 FROM d WHERE d.id = t.id AND means(word, 'e'));

SELECT id FROM (FROM t ORDER BY id LIMIT 5) AS t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e'));

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e')) ORDER BY id LIMIT 1;

SELECT id, ask(text, 'q') FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e')) ORDER BY id LIMIT 1;

SELECT upper(text) AS up FROM t WHERE up <> 'X' AND EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(upper(word), up[1:1]));

SELECT id FROM n WHERE EXISTS (SELECT 1 FROM u WHERE u.id < 9 AND ascii(ask(n.text, u.word)) = 82);

SELECT id FROM n WHERE EXISTS (SELECT 1 FROM n AS m WHERE m.text = n.text AND ascii(ask(m.text, 'q')) = 82 AND m.id <> n.id);

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND CASE WHEN t.amount > 20 THEN means(word, 'e') ELSE means(word, 'r') END);

SELECT id FROM t x WHERE EXISTS (SELECT * FROM t WHERE t.grp = x.grp AND means(text, 'red') AND id <> x.id);

SELECT id FROM t WHERE EXISTS (SELECT 1 FROM s WHERE s.id = t.id AND means(part.name, 'red'));

DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e'));

UPDATE t SET text = (SELECT max(ask(word, 'q')) FROM u WHERE u.id = t.id) WHERE id > 1;

UPDATE t SET amount = 0 WHERE id > 1 AND EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e'));

INSERT INTO u SELECT id, text, 'new' FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND means(word, 'e'));

SELECT * FROM t SEMI JOIN u ON t.id = u.id AND means(u.word, 'e');

SELECT * FROM t ANTI JOIN u ON t.id = u.id AND means(word, 'e') WHERE amount > 15;

SELECT t.id, s.id FROM t SEMI JOIN u ON t.grp = u.grp AND means(u.word, 'e') AND means(text, 'red') LEFT JOIN s ON s.id = t.id;

SELECT t.id, s.id FROM t LEFT JOIN s ON s.id = t.id ANTI JOIN u ON s.id = u.id AND means(u.word, 'e');

SELECT t.id, s.id FROM t SEMI JOIN u ON t.id = u.id AND means(u.word, 'e') RIGHT JOIN s ON s.id = t.id;

SELECT id FROM t SEMI JOIN (SELECT * FROM u WHERE means(word, 'e')) w ON t.id = w.id AND means(word, 'r');

SELECT id FROM t ANTI JOIN u ON classify(text, ['a', 'b']) = classify(word, ['a', 'b']) AND t.id <> u.id;

SELECT id FROM t SEMI JOIN u ON akin(text, word) AND t.id <> u.id;

SELECT id FROM t ANTI JOIN u ON alike(text, word) AND t.grp = u.grp;

SELECT id FROM t SEMI JOIN u ON means(text, 'red') OR means(word, 'zzz');

SELECT id FROM t WHERE amount > 15 AND id IN (SELECT id FROM u WHERE means(word, 'e'));

SELECT id FROM t WHERE amount > 15 AND grp IN (SELECT coalesce(u.grp, 'b') FROM u WHERE means(word, 'e')) AND means(text, 'e');

SELECT id FROM t WHERE amount > 15 AND id NOT IN (SELECT id FROM u WHERE means(word, 'e'));

SELECT id FROM t WHERE amount > 15 AND (id IN (SELECT id FROM u WHERE means(word, 'e'))) IS NOT TRUE;

SELECT t.id FROM t JOIN u USING (id) WHERE t.amount > 15 AND word IN (SELECT w.word FROM u w WHERE means(w.word, 'e'));

WITH u AS (SELECT * FROM u WHERE id < 9) SELECT id FROM t WHERE amount > 15 AND id IN (SELECT id FROM u WHERE means(word, 'e'));

SELECT grp, max(ask(text,'q')) FILTER (WHERE amount > 15), list(about(text,'x') ORDER BY id) FILTER (WHERE NOT amount > 15) FROM t GROUP BY grp;

SELECT count(means(text,'red')) FILTER (WHERE amount > 15 AND means("desc",'sweet')), count(*) FILTER (WHERE amount > 15 AND means(text,'red')) FROM t;

SELECT count(DISTINCT ask(text,'q')) FILTER (WHERE grp <> 'a' OR means(text,'red')), bool_or(means(text,'red')) FILTER (WHERE grp = 'a') FROM t;

SELECT id, list(ask(text,'q')) FILTER (WHERE amount > 15) OVER (PARTITION BY grp ORDER BY id) FROM t;

SELECT max(CASE WHEN means(text,'red') THEN ask(text,'r') ELSE ask("desc",'d') END) FILTER (WHERE means("desc",'sweet') AND amount > 15) FROM t;

SELECT text, count(*), means(text,'red') FROM t GROUP BY text HAVING count(*) > 1;

SELECT upper(text) AS u, CASE WHEN u = 'RED APPLE' THEN ask(upper(text),'q') ELSE ask(u,'r') END FROM t WHERE amount > 5 GROUP BY u HAVING max(id) > 1;

SELECT t.text AS k, ask(ask(t.text,'1'),'2'), means(t.text,'red') IS NULL, ask(max(grp),'g') FROM t GROUP BY 1 HAVING count(*) < 2 OR k IS NULL;

SELECT text, ask(text,'q'), max(about(text,'x')) FROM t WHERE means("desc",'s') GROUP BY ALL HAVING count(*) < 2 AND max(id) > 1;

SELECT text, grp, ask(text,'q') FROM t GROUP BY ROLLUP (grp, text) HAVING count(*) > 1;

SELECT grp, means(text,'red') AS m, count(*) FROM t GROUP BY grp, m HAVING count(*) > 1;

SELECT text, sum(CASE WHEN means(text,'red') THEN 1 ELSE 0 END) OVER (), ask('x','y') FROM t GROUP BY text HAVING count(*) > 1;

SELECT ask(text,'q'), id, amount FROM t ORDER BY 2 DESC LIMIT 2;

SELECT grp, ask(text,'q'), id, means(text,'red') FROM t ORDER BY 1 DESC, 3 LIMIT 3;

SELECT ask(text,'q'), id FROM t ORDER BY 1, 2 LIMIT 2;

SELECT ask(text,'q'), id FROM t ORDER BY ALL LIMIT 2;

SELECT *, ask(text,'q') FROM t ORDER BY 1 DESC LIMIT 2;

SELECT *, ask(text,'q'), amount + 1 FROM t ORDER BY 7 DESC LIMIT 2;
