"""The limit of a page: the same gunicorn, with the same workers, giving the same bytes out of memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_BODY = Path(os.environ["PORTICO_BENCH_BODY"]).read_bytes() if "PORTICO_BENCH_BODY" in os.environ else b""
_HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(_BODY)))]


def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI application that knows one answer."""
    start_response("200 OK", list(_HEADERS))
    return [_BODY]
