"""Text → plan. Pure: no DuckDB, no I/O, no clock, no randomness."""
