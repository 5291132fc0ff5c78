"""Flask for the pages asked for most: what it works out anew for every request, and is always the same, is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response
from werkzeug.routing import MapAdapter

from gateway.templating import Templates

_HOSTS_KEPT = 256
_WHERE = ("HTTP_HOST", "wsgi.url_scheme", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")
_CORRECTED = frozenset({"Location", "Content-Location"})


class Answer(Response):
    """Flask's response; a page that is whole goes out as it is, for there is nothing to put right in it."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The WSGI answer."""
        body, headers = self.response, self.headers.to_wsgi_list()
        if (
            self.status_code != 200
            or environ["REQUEST_METHOD"] != "GET"
            or type(body) is not list
            or list(map(type, body)) != [bytes]
            or self._on_close
            or any(name in _CORRECTED for name, _value in headers)
        ):
            return super().__call__(environ, start_response)
        start_response(self.status, headers)
        return body


class Gateway(Flask):
    """The application's class."""

    jinja_environment = Templates
    response_class = Answer

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._hosts: dict[tuple[Any, ...], tuple[str, MapAdapter]] = {}

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No page here is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Routing for a request. Which host it is for, and that this is one of ours, is found out once a host."""
        if request is None or "HTTP_UPGRADE" in request.environ:
            return super().create_url_adapter(request)
        where = tuple(map(request.environ.get, _WHERE))
        known = self._hosts.get(where)
        if known is None:
            made = super().create_url_adapter(request)
            if made is not None and len(self._hosts) < _HOSTS_KEPT:
                self._hosts[where] = request.host, made
            return made
        request.trusted_hosts = self.config["TRUSTED_HOSTS"]
        request.host, of = known
        return MapAdapter(
            of.map, of.server_name, of.script_name, of.subdomain, of.url_scheme,
            request.path, request.method, request.query_string.decode("latin1"),
        )  # fmt: skip
