"""New people of the demo's customer, made as set-up makes them and logged in by the log-in page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from playwright.sync_api import Page

from chassis.messages import ALL_COMPANIES, Context
from deploy.local.demo_data.customers import MAIN
from tests.support.portal import Portal

PASSWORD = "a long enough pass phrase"


def send(portal: Portal, command: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What set-up asks of identity."""
    context = Context(uuid4(), ALL_COMPANIES, "set-up", "test", "journey")
    return portal.commands.send("identity", command, payload, context)


def contact_of(portal: Portal, page: Page, name: str, email: str, *permissions: str) -> str:
    """The id of a new contact who may open cases and what else is named, logged in on this page."""
    rights = {"permissions": ["open_cases", *permissions]}
    made = send(portal, "CreateContact", {"for_company": MAIN, "name": name, "email": email, **rights})
    token = send(portal, "InviteContact", {"contact_id": made["id"]})["result"]["token"]
    accepting = {"token": token, "password": PASSWORD, "correlation_id": "journey"}
    assert portal.rpc.call("identity", "accept_invitation", accepting)["status"] == "done"
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")
    return str(made["id"])
