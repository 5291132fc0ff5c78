"""Somebody of a customer who signs in to the portal and reads its pages."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from uuid import uuid4

from chassis.messages import ALL_COMPANIES, Context
from tests.support.portal import Portal

_PASSWORD = "chaos-on-a-monday"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Person:
    """A new contact of the company, who may see its orders, signed in."""

    def __init__(self, portal: Portal, company: str) -> None:
        self._url = portal.url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        email = f"{uuid4().hex[:12]}@chaos.example"
        rights = ["order", "report_orders"]
        contact = self._send(
            portal,
            "CreateContact",
            {"name": "Chaos Reader", "email": email, "for_company": company, "permissions": rights},
        )
        invited = self._send(portal, "InviteContact", {"contact_id": contact["id"]})
        accepting = {"token": invited["result"]["token"], "password": _PASSWORD, "correlation_id": "chaos"}
        assert portal.rpc.call("identity", "accept_invitation", accepting, 30)["status"] == "done"
        self._log_in(email)

    @staticmethod
    def _send(portal: Portal, command: str, payload: dict[str, Any]) -> dict[str, Any]:
        context = Context(uuid4(), ALL_COMPANIES, "set-up", "test", "chaos")
        return portal.commands.send("identity", command, payload, context)

    def _log_in(self, email: str) -> None:
        found = _TOKEN.search(self.reads("/login"))
        assert found is not None
        form = {"csrf_token": found[1], "email": email, "password": _PASSWORD, "next": "", "resume": ""}
        with self._opener.open(f"{self._url}/login", urllib.parse.urlencode(form).encode(), timeout=30) as answer:
            assert not answer.url.endswith("/login"), "signed in"

    def reads(self, path: str) -> str:
        """The page at that path."""
        with self._opener.open(self._url + path, timeout=30) as answer:
            return str(answer.read().decode())
