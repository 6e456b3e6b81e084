"""Plan → Arrow, on DuckDB. Knows no cascade, provider, log or training set: whoever calls hands over a function that answers."""
