"""What is not read beside an operator says what to write instead, and that is read."""

from __future__ import annotations

import pytest

from rvbbit.errors import SQLSyntaxError
from rvbbit.sql.call import Call
from rvbbit.sql.dialect import Dialect
from rvbbit.sql.patterns import Grammar

MERGE = "MERGE INTO m USING t ON m.id = t.id AND t.text MEANS 'c' "


@pytest.mark.parametrize(
    ("statement", "instead", "works"),
    [
        ("PIVOT t ON text MEANS 'c'", "ON (x MEANS 'c')", "PIVOT t ON (text MEANS 'c')"),
        ("PIVOT t ON text NOT MEANS 'c' USING count(*)", "ON (x MEANS 'c')", "PIVOT t ON (text NOT MEANS 'c') USING count(*)"),
        ("SELECT * FROM (PIVOT t ON a MEANS b)", "ON (x MEANS 'c')", "SELECT * FROM (PIVOT t ON (a MEANS b))"),
        (MERGE + "WHEN NOT MATCHED THEN INSERT BY NAME", "(id, name) VALUES", MERGE + "WHEN NOT MATCHED THEN INSERT (id) VALUES (t.id)"),
        (MERGE + "WHEN NOT MATCHED THEN INSERT BY NAME *", "(id, name) VALUES", MERGE + "WHEN NOT MATCHED THEN INSERT *"),
        (MERGE + "WHEN MATCHED THEN UPDATE BY NAME", "SET name", MERGE + "WHEN MATCHED THEN UPDATE SET name = t.name"),
        (MERGE + "WHEN NOT MATCHED THEN INSERT DEFAULT VALUES", "(DEFAULT)", MERGE + "WHEN NOT MATCHED THEN INSERT (id) VALUES (DEFAULT)"),
        (MERGE + "WHEN MATCHED THEN ERROR", "SELECT before", MERGE + "WHEN MATCHED THEN DO NOTHING"),
    ],
)
def test_what_to_write_instead_is_said(grammar: Grammar, statement: str, instead: str, works: str) -> None:
    with pytest.raises(SQLSyntaxError) as raised:
        Dialect(grammar).read(statement)
    assert instead in raised.value.message
    assert raised.value.line == 1
    assert Dialect(grammar).read(works).find(Call) is not None
