"""`EMBED(x[, 'model'])`: an operator that is no cascade, for what it gives is no answer that could be wrong. It is asked like one."""

from __future__ import annotations

from rvbbit.types import Operator, Parameter

EMBED = Operator(
    name="embed",
    cascade_id="embed",
    patterns=(),
    parameters=(
        Parameter("text", description="what to embed"),
        Parameter("model", optional=True, description="`provider:model`; left out: RVBBIT_EMBED_MODEL"),
    ),
    returns="FLOAT[]",
    description="The text's vector, of length 1. Kept by table, column and row where the text is a column of a table, else by the text.",
)
