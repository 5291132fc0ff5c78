"""The table of mails: what each may say. A further kind is a row here, its texts in originals.py, and a reaction."""

from __future__ import annotations

from dataclasses import dataclass

COMMON = ("name", "supplier", "link")
"""Placeholders of every mail: the contact's name, the supplier's, and where the mail leads."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mail. `security`: nobody can switch it off. `own` are its placeholders besides COMMON, which come
    from the request's params; `path` is where its link leads, with params in it; `must` is what its text has to have.

    `secret` names the token in the link: which state it comes from (see sending.py). `of_request`: it is about the
    request for access that the params name, whose `colleague` and `reason` are unsealed when it is sent;
    `to_colleague`: it goes to them, who are no contact. `to_former`: to the address the contact had before.
    """

    name: str
    security: bool
    path: str
    own: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    secret: str = ""
    of_request: bool = False
    to_colleague: bool = False
    to_former: bool = False

    @property
    def placeholders(self) -> tuple[str, ...]:
        """All that may stand in braces in its text."""
        return (*COMMON, *self.own)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("invitation", True, "/invitation/{token}", ("until",), ("link",), "invitation"),
        Kind("password_reset", True, "/reset/{token}", ("until",), ("link",), "reset"),
        Kind("password_changed", True, "/login"),
        Kind("address_changed", True, "/login", to_former=True),
        Kind("second_factor_on", True, "/settings"),
        Kind("second_factor_off", True, "/settings"),
        Kind("passkey_added", True, "/settings/passkeys"),
        Kind("passkey_removed", True, "/settings/passkeys"),
        Kind("case_reply", False, "/support/{number}", ("number",)),
        Kind("order_accepted", False, "/orders/{number}", ("number", "erp_number")),
        Kind("order_refused", False, "/orders/{number}", ("number", "reason")),
        Kind("access_changed", False, "/settings"),
        Kind("access_approved", True, "/", ("colleague",), of_request=True),
        Kind("access_refused", True, "/request-access", ("colleague", "reason"), of_request=True),
        Kind("access_refused_colleague", True, "/login", ("reason",), of_request=True, to_colleague=True),
    )
}

CHOOSABLE = tuple(kind.name for kind in KINDS.values() if not kind.security)
"""The kinds that a contact may switch off."""
