"""Cascades: operators as YAML, and the runner that turns a call of one into model requests, typed answers and call records.

Never imports a database, a SQL parser, or a concrete provider, store or selector: those arrive through `rvbbit.interfaces`.
"""
