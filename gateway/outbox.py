"""The outbox folder of this installation, read by way of the service that owns it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from gateway.accounts import call_identity

_STYLE = re.compile(r"<style>(.*?)</style>", re.S)


def newest() -> list[dict[str, Any]]:
    """The mails that were written last: `key`, `subject`, `sender`, `recipient`, `date`, `text`, `html` of each."""
    mails: list[dict[str, Any]] = call_identity("outbox", {})["mails"]
    return mails


def one(key: str) -> dict[str, Any]:
    """A mail of the outbox; raises NotFound."""
    mail: dict[str, Any] = call_identity("outbox", {"key": key})["mails"][0]
    return mail


def policy_of(html: str) -> str:
    """The content security policy under which a mail is shown as its reader sees it: no script, no form, nothing
    loaded, an origin of its own; of styles those alone that stand in its head, named by their hash, of pictures those
    within it.
    """
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in _STYLE.findall(html)]
    styles = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    return (
        f"sandbox; default-src 'none'; style-src {styles}; img-src data:; form-action 'none'; frame-ancestors 'none';"
        " base-uri 'none'"
    )
