"""The server under the app: sockets, and a stop that lets requests end."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI


def server(routes: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A server that is not running yet."""
    return uvicorn.Server(uvicorn.Config(routes, host=host, port=port, log_level="warning"))
