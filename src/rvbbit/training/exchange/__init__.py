"""Logs from elsewhere in, our own out: files → call records and decisions → files, streamed both ways.

It knows formats, never a store: records leave through one callable and rows come in through an iterator, and the engine hands over both.
"""
