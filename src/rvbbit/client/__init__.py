"""A project that a server holds open, spoken to over HTTP with the names of `engine.Database`: the command line need not know which it has.

It reads values out of answers and decides nothing; what it raises is what the server raised.
"""

from rvbbit.client.database import Remote

__all__ = ["Remote"]
