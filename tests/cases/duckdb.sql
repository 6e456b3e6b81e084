-- Plain DuckDB statements: what our dialect reads and writes again must do what the original does (tests/unit/sql/test_roundtrip.py).
-- A case ends with a semicolon at the end of a line. Several statements in a case run one after the other on the same database: put them on
-- lines of their own that end in `; --+`. Tables before each case: emp, dept, prices, docs, means (see the test).

SELECT 1;
SELECT 1 AS one, 'two' AS "Two", NULL AS nothing;
SELECT -1, +1, - -1, 7 // 2, 7 % 3, 7 / 2, 1e3, 0.5, 1_000;
SELECT .5;
SELECT 2 ** 3, 2 ^ 3, pow(2, 3);
SELECT 1 + 2 * 3 - 4, (1 + 2) * 3, -(2 + 3), NOT true AND false OR true;
SELECT 5 & 3, 5 | 3, xor(5, 3), ~5, 1 << 3, 16 >> 2;
SELECT * FROM emp;
SELECT e.* FROM emp AS e;
SELECT emp.id, emp.name FROM emp WHERE emp.salary > 100 ORDER BY emp.id;
SELECT id FROM emp WHERE salary BETWEEN 100 AND 200 ORDER BY id;
SELECT id FROM emp WHERE salary NOT BETWEEN 100 AND 200 ORDER BY id;
SELECT id FROM emp WHERE name IN ('Ann', 'Bob') OR dept_id NOT IN (1, 2) ORDER BY id;
SELECT id FROM emp WHERE name IN (SELECT name FROM emp WHERE salary > 150) ORDER BY id;
SELECT id FROM emp WHERE boss IS NULL;
SELECT id FROM emp WHERE boss IS NOT NULL ORDER BY id;
SELECT id FROM emp WHERE boss ISNULL ORDER BY id;
SELECT id FROM emp WHERE boss NOTNULL ORDER BY id;
SELECT id, boss IS DISTINCT FROM 1, boss IS NOT DISTINCT FROM 1 FROM emp ORDER BY id;
SELECT (salary > 100) IS TRUE, (salary > 100) IS NOT FALSE, (boss > 1) IS UNKNOWN FROM emp ORDER BY id;
SELECT name LIKE 'A%', name ILIKE 'a%', name NOT LIKE '%n', name NOT ILIKE '%N' FROM emp ORDER BY id;
SELECT 'a%b' LIKE 'a$%b' ESCAPE '$';
SELECT name GLOB 'A*', name SIMILAR TO '[AB].*', name NOT SIMILAR TO 'A.*' FROM emp ORDER BY id;
SELECT name ~~ 'A%', name !~~ 'A%', ~id, regexp_full_match(name, 'A.*') FROM emp ORDER BY id;
SELECT name ^@ 'A' FROM emp ORDER BY id;
SELECT regexp_matches(name, '^A'), regexp_replace(name, '([a-z])', '<\1>', 'g'), regexp_extract(name, '(.)(.)', 2) FROM emp ORDER BY id;
SELECT CASE WHEN salary > 150 THEN 'high' WHEN salary > 100 THEN 'mid' ELSE 'low' END AS band FROM emp ORDER BY id;
SELECT CASE dept_id WHEN 1 THEN 'one' WHEN 2 THEN 'two' END FROM emp ORDER BY id;
SELECT coalesce(boss, 0), ifnull(boss, -1), nullif(dept_id, 1), if(salary > 100, 'y', 'n') FROM emp ORDER BY id;
SELECT greatest(1, 2, 3), least(1, 2, 3), abs(-3), sign(-2), round(2.567, 2), ceil(1.2), floor(1.8);
SELECT salary::VARCHAR, CAST(salary AS DOUBLE), TRY_CAST(name AS INTEGER), '12'::INT + 1 FROM emp ORDER BY id;
SELECT 1::TINYINT, 1::UBIGINT, 1::HUGEINT, 1.5::DECIMAL(8, 3), 1::FLOAT4, 1::INT8, '1'::UTINYINT;
SELECT DATE '2024-02-29', TIMESTAMP '2024-01-01 10:00:00', TIME '10:11:12', TIMESTAMPTZ '2024-01-01 00:00:00+00';
SELECT INTERVAL 3 DAY, INTERVAL '2' MONTH, INTERVAL '1 year 2 months', INTERVAL (1 + 1) HOUR, 3 * INTERVAL 1 DAY;
SELECT DATE '2024-01-31' + INTERVAL 1 MONTH, DATE '2024-03-01' - 1, DATE '2024-03-01' - DATE '2024-02-01';
SELECT EXTRACT(year FROM hired), EXTRACT('month' FROM hired), date_part('dow', hired), year(hired) FROM emp ORDER BY id;
SELECT date_trunc('month', hired), date_diff('day', hired, DATE '2024-06-01'), date_add(hired, INTERVAL 1 WEEK), strftime(hired, '%Y/%m') FROM emp ORDER BY id;
SELECT strptime('02/03/2024', '%d/%m/%Y'), make_date(2024, 2, 3), epoch(TIMESTAMP '1970-01-02 00:00:00'), to_days(3);
SELECT TIMESTAMP '2024-01-01 12:00:00' AT TIME ZONE 'UTC';
SELECT 'a' || 'b' || 'c', concat('a', 1, NULL), concat_ws('-', 'a', 'b'), 'abc'[2], 'abcdef'[2:4], 'abcdef'[-2:], 'abcdef'[:3];
SELECT substring('abcdef', 2, 3), substring('abcdef' FROM 2 FOR 3), position('c' IN 'abc'), strpos('abc', 'c'), left('abc', 2), right('abc', 2);
SELECT trim('  a '), trim('x' FROM 'xax'), ltrim('xxa', 'x'), rtrim('axx', 'x'), lpad('a', 3, '-'), rpad('a', 3, '-'), upper('a'), lower('A');
SELECT length('日本'), reverse('abc'), repeat('ab', 2), replace('abc', 'b', 'x'), split_part('a-b-c', '-', 2), string_split('a,b', ','), starts_with('abc', 'a');
SELECT format('{} is {}', 'a', 1), printf('%d-%s', 1, 'x'), md5('a'), hash('a') IS NOT NULL, chr(65), ascii('A'), unicode('é');
SELECT [1, 2, 3], [1, 2, 3][1], [1, 2, 3][-1], [1, 2, 3][2:], [1, 2, 3, 4][1:4:2], [], [[1], [2, 3]];
SELECT list_value(1, 2), array_value(1, 2), len([1, 2]), list_contains([1, 2], 1), [1, 2] || [3], list_concat([1], [2]), 3 IN [1, 3];
SELECT list_transform([1, 2, 3], lambda x: x + 1), list_filter([1, 2, 3], lambda x: x > 1), list_reduce([1, 2, 3], lambda a, b: a + b);
SELECT list_transform([10, 20], lambda x, i: x + i);
SELECT apply([1, 2], lambda x: x * 2);
SELECT [x + 1 FOR x IN [1, 2, 3]], [x FOR x IN [1, 2, 3] IF x > 1], [upper(s) FOR s IN ['a', 'b']];
SELECT list_sort([3, 1, 2]), list_reverse_sort([3, 1, 2]), list_distinct([1, 1]), list_aggregate([1, 2], 'sum'), list_sum([1, 2]), flatten([[1], [2]]);
SELECT {'a': 1, 'b': 'x'}, {'a': {'b': 2}}.a.b, struct_pack(x := 1, y := 2), ({'a': 1}).a, {'k v': 1}['k v'], row(1, 'a');
SELECT struct_extract({'a': 1}, 'a'), struct_insert({'a': 1}, b := 2), struct_keys({'a': 1});
SELECT MAP {'a': 1, 'b': 2}, MAP {'a': 1}['a'], map_keys(MAP {'a': 1}), map([1, 2], ['x', 'y']), map_from_entries([(1, 'a')]);
SELECT union_value(num := 1), union_tag(union_value(num := 1));
SELECT array_value(1.0, 2.0)::FLOAT[2], [1, 2]::INTEGER[2], NULL::INTEGER[], {'a': 1}::STRUCT(a BIGINT), MAP {'a': 1}::MAP(VARCHAR, BIGINT);
SELECT body -> 'a', body ->> 'b', body -> '$.a', body ->> '$.c[0]', json_extract(body, '$.a'), json_extract_string(body, 'b') FROM docs ORDER BY id;
SELECT body.a, json_type(body), json_keys(body), json_array_length(body, 'c'), json_object('k', 1), to_json({'a': 1}), json('[1]') FROM docs ORDER BY id;
SELECT '{"a": [1, 2]}'::JSON -> 'a' -> 0, ('{"a": {"b": 1}}'::JSON) ->> '$.a.b', json_transform('{"a": 1}', '{"a": "INTEGER"}');
SELECT body ->> 'b' = 'x' FROM docs ORDER BY id;
SELECT (body ->> 'b') = 'x' AND id = 1 FROM docs ORDER BY id;
SELECT 'it''s', E'tab\there', E'quote\'s', $$dollar 'quoted'$$, $tag$with $$ inside$tag$, 'line
break';
SELECT '日本語', 'emoji 🎉', 'é' || 'ü' AS "naïve";
SELECT '-- not a comment', '/* nor this */', ';', '$1', '?';
SELECT 1 -- a comment
  , 2 /* another /* nested */ one */;
/* first */ SELECT /* second */ 1 /* third */;
SELECT '\x41'::BLOB, 'abc'::BLOB, '101'::BIT, '550e8400-e29b-41d4-a716-446655440000'::UUID;
SELECT true, FALSE, NULL, 1.0, 1.50, 123456789012345678901234567890;
SELECT DISTINCT dept_id FROM emp ORDER BY 1;
SELECT DISTINCT ON (dept_id) dept_id, name FROM emp ORDER BY dept_id, salary DESC;
SELECT ALL dept_id FROM emp ORDER BY id;
SELECT name, salary FROM emp ORDER BY salary DESC NULLS LAST, name ASC NULLS FIRST;
SELECT name FROM emp ORDER BY ALL;
SELECT name, id FROM emp ORDER BY ALL DESC NULLS LAST;
SELECT name FROM emp ORDER BY 1 DESC LIMIT 2;
SELECT name FROM emp ORDER BY name COLLATE NOCASE;
SELECT name FROM emp ORDER BY id LIMIT 2 OFFSET 1;
SELECT name FROM emp ORDER BY id OFFSET 2;
SELECT name FROM emp ORDER BY id LIMIT 40%;
SELECT name FROM emp ORDER BY id LIMIT (SELECT 2);
SELECT name FROM emp ORDER BY id FETCH FIRST 2 ROWS ONLY;
SELECT count(*) FROM emp USING SAMPLE 100%;
SELECT count(*) FROM emp TABLESAMPLE bernoulli(100%);
SELECT count(*) FROM emp USING SAMPLE reservoir(3 ROWS) REPEATABLE (42);
SELECT count(*) FROM emp TABLESAMPLE 100 PERCENT (system, 7);
SELECT count(*) FROM emp USING SAMPLE 2;
SELECT dept_id, count(*), sum(salary), avg(salary), min(name), max(name) FROM emp GROUP BY dept_id ORDER BY dept_id;
SELECT dept_id AS d, count(*) AS n FROM emp GROUP BY d HAVING n > 1 ORDER BY d;
SELECT dept_id, count(DISTINCT name), count(*) FILTER (WHERE salary > 100), count() FROM emp GROUP BY 1 ORDER BY 1;
SELECT dept_id, string_agg(name, ',' ORDER BY name DESC), list(name ORDER BY id), array_agg(id ORDER BY id) FROM emp GROUP BY ALL ORDER BY ALL;
SELECT arg_max(name, salary), arg_min(name, salary), max_by(name, salary), first(name ORDER BY id), last(name ORDER BY id), any_value(1) FROM emp;
SELECT median(salary), mode(dept_id), quantile_cont(salary, 0.5), quantile_disc(salary, [0.25, 0.75]), stddev(salary) > 0, bool_and(true), bit_or(id) FROM emp;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY salary), mode() WITHIN GROUP (ORDER BY dept_id) FROM emp;
SELECT histogram(dept_id), approx_count_distinct(1), group_concat(name, '|' ORDER BY name), listagg(name, ';' ORDER BY id), max(salary, 2) FROM emp;
SELECT dept_id, boss, count(*) FROM emp GROUP BY GROUPING SETS ((dept_id, boss), (dept_id), ()) ORDER BY ALL;
SELECT dept_id, boss, count(*), grouping(dept_id) FROM emp GROUP BY ROLLUP (dept_id, boss) ORDER BY ALL;
SELECT dept_id, boss, grouping_id(dept_id, boss) FROM emp GROUP BY CUBE (dept_id, boss) ORDER BY ALL;
SELECT count(*) FROM emp GROUP BY () HAVING count(*) > 0;
SELECT id, row_number() OVER (ORDER BY id), rank() OVER (PARTITION BY dept_id ORDER BY salary DESC), dense_rank() OVER w FROM emp WINDOW w AS (ORDER BY dept_id) ORDER BY id;
SELECT id, sum(salary) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM emp ORDER BY id;
SELECT id, sum(salary) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM emp ORDER BY id;
SELECT id, count(*) OVER (ORDER BY hired RANGE BETWEEN INTERVAL 100 DAYS PRECEDING AND CURRENT ROW) FROM emp ORDER BY id;
SELECT id, sum(salary) OVER (ORDER BY dept_id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM emp ORDER BY id;
SELECT id, lag(name, 1, 'none') OVER (ORDER BY id), lead(name) OVER (ORDER BY id), first_value(name) OVER (ORDER BY id), nth_value(name, 2) OVER (ORDER BY id) FROM emp ORDER BY id;
SELECT id, last_value(boss IGNORE NULLS) OVER (ORDER BY id), lag(boss IGNORE NULLS) OVER (ORDER BY id) FROM emp ORDER BY id;
SELECT id, ntile(2) OVER (ORDER BY id), percent_rank() OVER (ORDER BY salary, id), cume_dist() OVER (ORDER BY salary, id) FROM emp ORDER BY id;
SELECT id, count(*) FILTER (WHERE salary > 100) OVER (PARTITION BY dept_id) FROM emp ORDER BY id;
SELECT id, sum(salary) OVER (w ROWS UNBOUNDED PRECEDING) FROM emp WINDOW w AS (PARTITION BY dept_id ORDER BY id) ORDER BY id;
SELECT id, string_agg(name, ',' ORDER BY name) OVER (PARTITION BY dept_id) FROM emp ORDER BY id;
SELECT name, dept_id FROM emp QUALIFY row_number() OVER (PARTITION BY dept_id ORDER BY salary DESC, id) = 1 ORDER BY dept_id;
SELECT name, rank() OVER (ORDER BY salary) AS r FROM emp QUALIFY r <= 2 ORDER BY r, name;
SELECT e.name, d.title FROM emp e JOIN dept d ON e.dept_id = d.id ORDER BY e.id;
SELECT e.name, d.title FROM emp e INNER JOIN dept d ON e.dept_id = d.id AND d.id > 1 ORDER BY e.id;
SELECT e.name, d.title FROM emp e LEFT JOIN dept d ON e.dept_id = d.id ORDER BY e.id;
SELECT e.name, d.title FROM emp e RIGHT OUTER JOIN dept d ON e.dept_id = d.id ORDER BY ALL;
SELECT e.name, d.title FROM emp e FULL OUTER JOIN dept d ON e.dept_id = d.id ORDER BY ALL;
SELECT count(*) FROM emp CROSS JOIN dept;
SELECT count(*) FROM emp, dept;
SELECT * FROM emp JOIN (SELECT id AS dept_id, title FROM dept) USING (dept_id) ORDER BY id;
SELECT * FROM (SELECT id AS k FROM emp) NATURAL JOIN (SELECT id AS k FROM dept) ORDER BY k;
SELECT * FROM emp NATURAL LEFT JOIN (SELECT 1 AS id, 'x' AS extra) ORDER BY id;
SELECT name FROM emp SEMI JOIN dept ON emp.dept_id = dept.id ORDER BY emp.id;
SELECT name FROM emp ANTI JOIN dept ON emp.dept_id = dept.id ORDER BY emp.id;
SELECT * FROM (VALUES (1), (2)) AS l(a) POSITIONAL JOIN (VALUES ('x'), ('y')) AS r(b) ORDER BY ALL;
SELECT e.id, p.price FROM emp e ASOF JOIN prices p ON e.hired >= p.day ORDER BY e.id;
SELECT e.id, p.price FROM emp e ASOF LEFT JOIN prices p ON e.dept_id = p.dept_id AND e.hired >= p.day ORDER BY e.id;
SELECT e.id, p.price FROM (SELECT id, hired AS day FROM emp) e ASOF JOIN (SELECT day, price FROM prices) p USING (day) ORDER BY e.id;
SELECT a.id, b.id FROM emp a JOIN emp b ON a.boss = b.id JOIN dept d ON d.id = b.dept_id ORDER BY a.id;
SELECT e.id, l.top FROM emp e, LATERAL (SELECT max(price) AS top FROM prices p WHERE p.dept_id = e.dept_id) l ORDER BY e.id;
SELECT e.id, l.top FROM emp e LEFT JOIN LATERAL (SELECT price AS top FROM prices p WHERE p.dept_id = e.dept_id ORDER BY price LIMIT 1) l ON true ORDER BY e.id;
SELECT e.id FROM (emp e JOIN dept d ON e.dept_id = d.id) JOIN prices p ON p.dept_id = d.id ORDER BY ALL;
SELECT id, tag FROM docs, unnest(tags) AS u(tag) ORDER BY ALL;
SELECT id, unnest(tags) AS tag FROM docs ORDER BY ALL;
SELECT unnest({'a': 1, 'b': 2}), unnest([{'c': 1}], recursive := true);
SELECT * FROM range(3);
SELECT * FROM range(1, 10, 3) AS r(n);
SELECT * FROM generate_series(1, 3) AS g(i), range(2) AS r(j) ORDER BY ALL;
SELECT i, j FROM generate_series(1, 3) g(i), generate_series(1, i) h(j) ORDER BY ALL;
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, s) ORDER BY n;
VALUES (1, 'a'), (2, 'b');
SELECT * FROM unnest([1, 2, 3]) WITH ORDINALITY AS u(x, n) ORDER BY n;
SELECT name FROM emp WHERE salary > (SELECT avg(salary) FROM emp) ORDER BY id;
SELECT name FROM emp e WHERE EXISTS (SELECT 1 FROM prices p WHERE p.dept_id = e.dept_id) ORDER BY id;
SELECT name FROM emp e WHERE NOT EXISTS (FROM prices p WHERE p.dept_id = e.dept_id) ORDER BY id;
SELECT name FROM emp WHERE salary >= ALL (SELECT salary FROM emp) ORDER BY id;
SELECT name FROM emp WHERE dept_id = ANY (SELECT id FROM dept) ORDER BY id;
SELECT name FROM emp WHERE dept_id = ANY ([1, 2]) ORDER BY id;
SELECT name, (SELECT title FROM dept WHERE dept.id = emp.dept_id) AS title FROM emp ORDER BY id;
SELECT (SELECT count(*) FROM emp) + 1, ARRAY(SELECT id FROM emp ORDER BY id);
SELECT name FROM emp WHERE (dept_id, boss) IN (SELECT dept_id, boss FROM emp WHERE id = 2) ORDER BY id;
SELECT (1, 'a') = (1, 'a'), (1, 2) < (1, 3), row(1, 2) = (1, 2);
WITH rich AS (SELECT * FROM emp WHERE salary > 100) SELECT name FROM rich ORDER BY id;
WITH a AS (SELECT 1 AS x), b(y) AS (SELECT x + 1 FROM a) SELECT * FROM a, b;
WITH m AS MATERIALIZED (SELECT 1 AS x), n AS NOT MATERIALIZED (SELECT 2 AS y) SELECT * FROM m, n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n ORDER BY i;
WITH RECURSIVE chain AS (SELECT id, boss, [id] AS path FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, e.boss, list_append(c.path, e.id) FROM emp e JOIN chain c ON e.boss = c.id) SELECT * FROM chain ORDER BY id;
WITH RECURSIVE r(k, v) USING KEY (k) AS (SELECT 1, 10 UNION SELECT k, v - 1 FROM r WHERE v > 5) SELECT * FROM r;
SELECT id FROM emp UNION SELECT id FROM dept ORDER BY 1;
SELECT id FROM emp UNION ALL SELECT id FROM dept ORDER BY id DESC LIMIT 3;
SELECT id FROM emp INTERSECT SELECT id FROM dept ORDER BY 1;
SELECT id FROM emp EXCEPT SELECT id FROM dept ORDER BY 1;
SELECT dept_id FROM emp EXCEPT ALL SELECT id FROM dept ORDER BY 1;
SELECT dept_id FROM emp INTERSECT ALL SELECT id FROM dept ORDER BY 1;
SELECT 1 AS a, 2 AS b UNION BY NAME SELECT 3 AS b, 4 AS c ORDER BY ALL;
SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS a, 3 AS z ORDER BY ALL;
(SELECT id FROM emp ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM dept ORDER BY id DESC LIMIT 1);
SELECT 1 UNION (SELECT 2 EXCEPT SELECT 3) ORDER BY 1;
FROM emp ORDER BY id;
FROM emp SELECT name ORDER BY id LIMIT 2;
FROM emp WHERE salary > 100 ORDER BY id;
FROM (FROM emp SELECT id, salary) WHERE salary > 100 ORDER BY id;
SELECT * EXCLUDE (salary, boss) FROM emp ORDER BY id;
SELECT * EXCLUDE salary FROM emp ORDER BY id;
SELECT * REPLACE (upper(name) AS name) FROM emp ORDER BY id;
SELECT * RENAME (name AS label) FROM emp ORDER BY id;
SELECT * EXCLUDE (boss) REPLACE (salary / 2 AS salary) RENAME (id AS key) FROM emp ORDER BY 1;
SELECT e.* EXCLUDE (id), d.* REPLACE (upper(title) AS title) FROM emp e JOIN dept d ON d.id = e.dept_id ORDER BY e.id;
SELECT COLUMNS('.*_id') FROM emp ORDER BY id;
SELECT COLUMNS(['id', 'name']) FROM emp ORDER BY id;
SELECT min(COLUMNS(*)), max(COLUMNS(* EXCLUDE (name))) FROM emp;
SELECT COLUMNS(lambda c: c LIKE 'n%') FROM emp ORDER BY id;
SELECT * LIKE 'n%' FROM emp ORDER BY id;
SELECT COLUMNS('(.*)_id') AS '\1' FROM emp ORDER BY id;
SELECT coalesce(*COLUMNS(['boss', 'id'])) FROM emp ORDER BY id;
SELECT id FROM emp WHERE COLUMNS(['id', 'salary']) > 1 ORDER BY id;
SELECT struct.a, struct.b.c FROM (SELECT {'a': 1, 'b': {'c': 2}} AS struct);
SELECT s.* FROM (SELECT {'a': 1, 'b': 2} AS s);
SELECT 'abc'.upper(), [3, 1].list_sort(), 'a,b'.string_split(',').len(), name.lower().length() FROM emp ORDER BY id;
SELECT name: 'x', total: 1 + 2;
SELECT id AS "select", name AS "order by", salary AS "Mixed Case" FROM emp ORDER BY id;
SELECT "select" FROM (SELECT 1 AS "select");
SELECT name AS year, id AS month, salary AS date, boss AS type FROM emp ORDER BY id;
SELECT first, last, value, key, text, comment, format, data FROM (SELECT 1 AS first, 2 AS last, 3 AS value, 4 AS key, 5 AS text, 6 AS comment, 7 AS format, 8 AS data);
SELECT about, ask, classify, "desc" FROM means ORDER BY ask;
SELECT means.about AS means, means.ask about, classify ask FROM means ORDER BY means.ask;
SELECT about FROM means means WHERE ask > 1 ORDER BY about;
SELECT m.about, m.classify FROM means AS m JOIN means about ON m.ask = about.ask ORDER BY m.ask;
SELECT count(*) means, max(ask) about, min(classify) relevance FROM means;
WITH ask AS (SELECT 1 AS means), classify(about) AS (SELECT means FROM ask) SELECT about FROM classify;
INSERT INTO means (about, ask) VALUES ('x', 9); --+
SELECT about, ask FROM means ORDER BY ask;
CREATE TABLE classify (ask INTEGER, means VARCHAR DEFAULT 'ABOUT this'); --+
INSERT INTO classify (ask) VALUES (1); --+
UPDATE classify SET means = 'y', ask = ask + 1; --+
SELECT * FROM classify;
SELECT 'text MEANS x', $$CLASSIFY(a, b)$$, "ASK" FROM (SELECT 1 AS "ASK") -- text MEANS 'x';
PIVOT emp ON dept_id USING sum(salary) GROUP BY boss ORDER BY boss;
PIVOT emp ON dept_id IN (1, 2) USING sum(salary) AS total, count(*) AS n GROUP BY boss ORDER BY boss;
SELECT * FROM (PIVOT (SELECT dept_id, salary FROM emp) ON dept_id USING max(salary));
SELECT * FROM (SELECT dept_id, salary FROM emp) PIVOT (sum(salary) FOR dept_id IN (1, 2));
UNPIVOT (SELECT id, salary, boss FROM emp) ON salary, boss INTO NAME what VALUE amount ORDER BY ALL;
FROM (UNPIVOT (SELECT id, salary, boss FROM emp) ON salary, boss INTO NAME what VALUE amount) ORDER BY ALL;
UNPIVOT (SELECT id, salary, boss FROM emp) ON COLUMNS(* EXCLUDE (id)) INTO NAME what VALUE amount ORDER BY ALL;
SELECT * FROM (SELECT id, salary, boss FROM emp) UNPIVOT (amount FOR what IN (salary, boss)) ORDER BY ALL;
SELECT * FROM (SELECT id, salary, boss FROM emp) UNPIVOT INCLUDE NULLS (amount FOR what IN (salary, boss)) ORDER BY ALL;
INSERT INTO dept VALUES (10, 'New'), (11, DEFAULT); --+
SELECT * FROM dept ORDER BY id;
INSERT INTO dept (title, id) SELECT name, id + 100 FROM emp; --+
SELECT * FROM dept ORDER BY id;
INSERT INTO dept BY NAME SELECT 'Named' AS title, 20 AS id; --+
SELECT * FROM dept ORDER BY id;
INSERT INTO dept VALUES (30, 'Back') RETURNING id, upper(title) AS t;
INSERT INTO dept VALUES (31, 'All') RETURNING *;
INSERT OR REPLACE INTO keyed VALUES (1, 'replaced'); --+
SELECT * FROM keyed ORDER BY k;
INSERT OR IGNORE INTO keyed VALUES (1, 'ignored'), (9, 'new'); --+
SELECT * FROM keyed ORDER BY k;
INSERT INTO keyed VALUES (1, 'x') ON CONFLICT DO NOTHING; --+
SELECT * FROM keyed ORDER BY k;
INSERT INTO keyed VALUES (1, 'x') ON CONFLICT (k) DO UPDATE SET v = excluded.v || v WHERE k < 5; --+
SELECT * FROM keyed ORDER BY k;
INSERT INTO dept DEFAULT VALUES; --+
SELECT count(*) FROM dept;
UPDATE emp SET salary = salary * 2, name = upper(name) WHERE dept_id = 1; --+
SELECT * FROM emp ORDER BY id;
UPDATE emp SET salary = d.id FROM dept AS d WHERE d.id = emp.dept_id; --+
SELECT * FROM emp ORDER BY id;
UPDATE emp SET boss = NULL RETURNING id, boss;
UPDATE emp AS e SET name = 'z' WHERE e.id = 1; --+
SELECT name FROM emp ORDER BY id;
DELETE FROM emp WHERE salary < 100; --+
SELECT * FROM emp ORDER BY id;
DELETE FROM emp USING dept WHERE emp.dept_id = dept.id AND dept.title = 'Sales'; --+
SELECT * FROM emp ORDER BY id;
DELETE FROM emp WHERE id = 1 RETURNING *;
TRUNCATE emp; --+
SELECT count(*) FROM emp;
MERGE INTO keyed USING (SELECT 1 AS k, 'm' AS v UNION ALL SELECT 7, 'n') AS s ON keyed.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.v); --+
SELECT * FROM keyed ORDER BY k;
MERGE INTO keyed USING (SELECT 2 AS k) AS s USING (k) WHEN MATCHED THEN DELETE; --+
SELECT * FROM keyed ORDER BY k;
CREATE TABLE made (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL DEFAULT 'none', price DECIMAL(10, 2) CHECK (price > 0), tags VARCHAR[], twice DECIMAL(12, 2) GENERATED ALWAYS AS (price * 2)); --+
INSERT INTO made (id, price, tags) VALUES (1, 2.5, ['a']); --+
SELECT * FROM made;
CREATE TABLE copy AS SELECT * FROM emp WHERE id < 3; --+
SELECT * FROM copy ORDER BY id;
CREATE OR REPLACE TABLE copy AS FROM emp; --+
SELECT count(*) FROM copy;
CREATE TABLE IF NOT EXISTS emp (x INTEGER); --+
SELECT count(*) FROM emp;
CREATE TEMP TABLE scratch (a INTEGER, b STRUCT(x INTEGER, y VARCHAR[]), c MAP(VARCHAR, INTEGER), d INTEGER[3], e ENUM('p', 'q')); --+
INSERT INTO scratch VALUES (1, {'x': 1, 'y': ['z']}, MAP {'k': 1}, [1, 2, 3], 'p'); --+
SELECT * FROM scratch;
CREATE TABLE refs (id INTEGER PRIMARY KEY, k INTEGER REFERENCES keyed (k), UNIQUE (id, k)); --+
INSERT INTO refs VALUES (1, 1); --+
SELECT * FROM refs;
CREATE VIEW rich AS SELECT name FROM emp WHERE salary > 100; --+
SELECT * FROM rich ORDER BY 1;
CREATE OR REPLACE VIEW rich(label) AS SELECT name FROM emp; --+
SELECT label FROM rich ORDER BY 1;
CREATE MACRO twice(x) AS x * 2; --+
SELECT twice(4);
CREATE MACRO plus(a, b := 10) AS a + b; --+
SELECT plus(1), plus(1, b := 2);
CREATE FUNCTION above(low) AS TABLE SELECT id FROM emp WHERE salary > low; --+
SELECT * FROM above(100) ORDER BY id;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); --+
SELECT 'ok'::mood, enum_range(NULL::mood);
CREATE TYPE pair AS STRUCT(a INTEGER, b INTEGER); --+
SELECT {'a': 1, 'b': 2}::pair;
CREATE SEQUENCE counter START WITH 5 INCREMENT BY 2; --+
SELECT nextval('counter'), nextval('counter');
CREATE SCHEMA side; --+
CREATE TABLE side.inner_table AS SELECT 1 AS x; --+
SELECT side.inner_table.x FROM side.inner_table;
CREATE INDEX by_name ON emp (name); --+
CREATE UNIQUE INDEX by_id ON emp (id); --+
SELECT count(*) FROM duckdb_indexes();
ALTER TABLE emp ADD COLUMN extra INTEGER DEFAULT 7; --+
SELECT extra FROM emp ORDER BY id;
ALTER TABLE emp RENAME COLUMN name TO label; --+
SELECT label FROM emp ORDER BY id;
ALTER TABLE emp RENAME TO people; --+
SELECT count(*) FROM people;
ALTER TABLE emp DROP COLUMN boss; --+
SELECT * FROM emp ORDER BY id;
ALTER TABLE emp ALTER salary TYPE VARCHAR USING salary || ' EUR'; --+
SELECT salary FROM emp ORDER BY id;
ALTER TABLE emp ALTER COLUMN name SET DEFAULT 'nobody'; --+
INSERT INTO emp (id) VALUES (99); --+
SELECT name FROM emp WHERE id = 99;
ALTER TABLE emp ALTER COLUMN salary DROP DEFAULT; --+
SELECT count(*) FROM emp;
DROP TABLE docs; --+
SELECT count(*) FROM duckdb_tables() WHERE table_name = 'docs';
DROP TABLE IF EXISTS nowhere; --+
DROP VIEW IF EXISTS nowhere; --+
SELECT 1;
COMMENT ON TABLE emp IS 'people'; --+
SELECT comment FROM duckdb_tables() WHERE table_name = 'emp';
COPY (SELECT id, name FROM emp ORDER BY id) TO '{folder}/out.csv' (FORMAT csv, HEADER true, DELIMITER '|'); --+
SELECT * FROM read_csv('{folder}/out.csv', delim = '|', header = true) ORDER BY id;
COPY emp TO '{folder}/out.parquet' (FORMAT parquet, COMPRESSION zstd); --+
SELECT count(*) FROM '{folder}/out.parquet';
COPY dept TO '{folder}/dept.csv' (HEADER); --+
COPY dept FROM '{folder}/dept.csv' (HEADER); --+
SELECT count(*) FROM dept;
SELECT * FROM read_json_auto('{folder}/none*.json', columns = {'a': 'INTEGER'}) LIMIT 0 -- expect: error;
DESCRIBE emp;
DESCRIBE SELECT id, name FROM emp;
SUMMARIZE emp;
SUMMARIZE SELECT id FROM emp;
SHOW TABLES;
SHOW ALL TABLES;
PRAGMA table_info('emp');
PRAGMA show_tables;
SET memory_limit = '1GB'; --+
SELECT current_setting('memory_limit');
SET threads TO 1; --+
RESET threads; --+
SELECT 1;
SET VARIABLE limit_of = 100; --+
SELECT getvariable('limit_of');
BEGIN TRANSACTION; --+
DELETE FROM emp; --+
ROLLBACK; --+
SELECT count(*) FROM emp;
USE main; --+
SELECT current_schema();
CALL range(3);
EXPLAIN SELECT 1;
SELECT current_date IS NOT NULL, current_timestamp IS NOT NULL, now() IS NOT NULL, today() IS NOT NULL, current_user, current_catalog();
SELECT count(*) FROM information_schema.tables WHERE table_schema = 'main';
SELECT typeof(1), typeof('a'), typeof([1]), typeof({'a': 1}), typeof(NULL), pg_typeof(1);
SELECT * FROM emp WHERE rowid = 0;
SELECT #1, #2 FROM emp ORDER BY 1;
SELECT max(salary) - min(salary) AS spread, round(avg(salary))::INT FROM emp;
SELECT id, name FROM emp GROUP BY id, name HAVING count(*) = 1 ORDER BY id;
SELECT sum(CASE WHEN dept_id = 1 THEN salary ELSE 0 END) / count(*) FROM emp;
SELECT list(DISTINCT dept_id ORDER BY dept_id) FROM emp;
SELECT e.id FROM emp AS e(id) ORDER BY e.id;
SELECT t.a, t.b FROM (SELECT 1, 2) AS t(a, b);
SELECT x FROM (SELECT unnest([3, 1, 2]) AS x) ORDER BY x;
SELECT isodow(hired), dayname(hired), last_day(hired), age(DATE '2024-06-01', hired) FROM emp ORDER BY id;
SELECT time_bucket(INTERVAL '1 month', hired), count(*) FROM emp GROUP BY 1 ORDER BY 1;
SELECT bar(salary, 0, 300, 10), format('{:.2f}', salary::DOUBLE), salary::DECIMAL(10, 1) FROM emp ORDER BY id;
SELECT levenshtein('abc', 'abd'), jaccard('abc', 'abd'), hamming('abc', 'abd'), jaro_winkler_similarity('abc', 'abd');
SELECT try(1 / 0), TRY_CAST('x' AS DATE), 1 / 0;
SELECT a.b.c FROM (SELECT {'b': {'c': 5}} AS a);
SELECT [a, b], {'k': 1} IS NOT NULL FROM (SELECT 1 AS a, 2 AS b);
SELECT [1.0, 2.0] <=> [2.0, 1.0], [1.0, 2.0] <-> [2.0, 1.0], 1 - ([1.0, 0.0] <=> [1.0, 1.0]) < 0.9, 1 IS NOT DISTINCT FROM NULL;
