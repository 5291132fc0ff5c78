"""One log line and one measurement a request: method, path template, status, milliseconds, correlation id. Nobody's data."""

from __future__ import annotations

import time

from flask import Request, g
from prometheus_client import Histogram

from chassis import log

_log = log.get("gateway.request")
SECONDS = Histogram(
    "portico_http_seconds",
    "Pages as the gateway answers them",
    ("method", "rule", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


def write(request: Request, status: int) -> None:
    """Note an answered request."""
    seconds = (time.perf_counter_ns() - g.get("started", time.perf_counter_ns())) / 1e9
    rule = request.url_rule.rule if request.url_rule else "(unknown)"
    SECONDS.labels(request.method, rule, status).observe(seconds)
    _log.info(
        "request",
        method=request.method,
        rule=rule,
        status=status,
        ms=round(seconds * 1000, 2),
        correlation=g.get("correlation_id", ""),
    )
