"""Decisions about executions, and what a call may learn from them. It never reads a database, a score table or a model itself."""
