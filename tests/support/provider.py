"""Providers of OpenID Connect to log in at: a package's, run as it is, and one whose every answer a test can bend."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.support.ports import free_port, listening
from tests.support.processes import Process


@contextmanager
def real_provider(folder: Path) -> Iterator[str]:
    """The address of oidc-provider-mock, a provider that knows whomever it is told of."""
    port = free_port()
    process = Process(["-m", "oidc_provider_mock", "-p", str(port), "--require-nonce"], folder / "provider.log")
    process.start(lambda: listening(port), 30)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()


def tell(provider: str, subject: str, **claims: Any) -> None:
    """Have the real provider know somebody."""
    assert requests.put(f"{provider}/users/{subject}", json=claims, timeout=10).status_code == 204


def log_in_there(address: str, subject: str, **form: str) -> str:
    """What a person does at the real provider: where it sends them back to."""
    answer = requests.post(address, data={"sub": subject, **form}, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


class BentProvider:
    """A provider within the test: signs what it is told to, by the key it is told to."""

    def __init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": "one"})]
        self.published: list[RSAKey] | None = None
        self.claims: dict[str, Any] = {}
        self.status = 200
        self.forms: list[dict[str, list[str]]] = []
        self.nonce = ""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Discovery, keys, or the token for any code."""
        path = urlsplit(request.path).path
        if path.endswith("openid-configuration"):
            ends = ("authorization", "token")
            told: dict[str, Any] = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
            told |= {f"{end}_endpoint": f"{self.issuer}/{end}" for end in ends}
        elif path == "/jwks":
            told = {"keys": [key.as_dict(private=False) for key in self.published or self.keys]}
        else:
            length = int(request.headers.get("Content-Length") or 0)
            self.forms.append(parse_qs(request.rfile.read(length).decode()))
            told = {"access_token": "x", "token_type": "Bearer", "id_token": self.token()}
        body = json.dumps(told).encode()
        request.send_response(self.status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def token(self) -> str:
        """An ID token of now, with what the test changed."""
        at = int(time.time())
        claims = {"iss": self.issuer, "aud": "portico", "sub": "s-1", "iat": at, "exp": at + 300, "nonce": self.nonce}
        claims |= {"email": "ann@a.example", "email_verified": True, "groups": []}
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return str(jwt.encode({"alg": "RS256", "kid": self.keys[0].kid}, claims, self.keys[0]))

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
