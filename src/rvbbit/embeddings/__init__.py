"""Vectors by table, column and row: what is missing is embedded, what is near is found. It knows no database, parser or provider."""
