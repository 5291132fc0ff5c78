"""Which events a contact gets a mail about. Each makes a command whose mail is named by event and recipient."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from chassis.dispatch import Tools
from chassis.messages import Recorded, derived_id
from chassis.reactions import Reaction, Since, context_of
from services.identity.commands import RequestMail
from services.identity.handlers import COMMAND_HANDLERS
from services.identity.requests import handling as requests
from services.identity.vault import short_id

Handle = Callable[[Recorded, Tools], Awaitable[None]]


def _mail(
    kind: str,
    params: Mapping[str, str] | None = None,
    *,
    contact: str = "contact",
    useful_until: str = "",
    secret: bool = False,
) -> Handle:
    """A reaction by a mail of this kind. `params` says which field of the event each of its params is, `contact` and
    `useful_until` which these are. `secret`: its link has the token that derives from the command behind the event.
    """

    async def handle(event: Recorded, tools: Tools) -> None:
        recipient = event.data[contact]
        if not recipient:
            return  # of before the event said who
        said = {name: str(event.data[field]) for name, field in (params or {}).items()}
        if secret:
            said["command"] = event.meta["command"]
        until = datetime.fromisoformat(event.data[useful_until]) if useful_until else None
        mail = short_id(derived_id(event.id, f"mail/{kind}/{recipient}"))
        command = RequestMail(mail, recipient, kind, said, until)
        context = context_of(event, f"mail_{kind}", event.data["company"])
        await COMMAND_HANDLERS["RequestMail"].handle(command, context, tools)

    return handle


def _row(name: str, source: str, event_type: str, handle: Handle) -> Reaction:
    # From now on: nobody is to get mails about what happened before there were any.
    return Reaction(name, source, event_type, handle, Since.NOW)


_CHANGED = _mail("password_changed")
REACTIONS = (
    _row("mail_invitation", "identity", "ContactInvited", _mail("invitation", useful_until="expires_at", secret=True)),
    _row(
        "mail_password_reset",
        "identity",
        "PasswordResetAsked",
        _mail("password_reset", useful_until="expires_at", secret=True),
    ),
    _row("mail_password_was_reset", "identity", "PasswordReset", _CHANGED),
    _row("mail_password_changed", "identity", "PasswordChanged", _CHANGED),
    _row("mail_password_set", "identity", "PasswordSet", _CHANGED),
    _row("mail_address_changed", "identity", "SignInAddressChanged", _mail("address_changed", {"login": "login"})),
    _row("mail_second_factor_on", "identity", "SecondFactorEnabled", _mail("second_factor_on")),
    _row("mail_second_factor_off", "identity", "SecondFactorDisabled", _mail("second_factor_off")),
    _row("mail_passkey_added", "identity", "PasskeyAdded", _mail("passkey_added")),
    _row("mail_passkey_removed", "identity", "PasskeyRemoved", _mail("passkey_removed")),
    _row("mail_case_reply", "cases", "AgentAnswered", _mail("case_reply", {"number": "case"}, contact="opened_by")),
    _row(
        "mail_order_accepted",
        "orders",
        "OrderPosted",
        _mail("order_accepted", {"number": "order", "erp_number": "erp_number"}, contact="placed_by"),
    ),
    _row(
        "mail_order_refused",
        "orders",
        "OrderRejected",
        _mail("order_refused", {"number": "order", "reason": "reason"}, contact="placed_by"),
    ),
    _row("let_in", "identity", "AccessApproved", requests.approved),
    _row(
        "mail_access_approved",
        "identity",
        "AccessApproved",
        _mail("access_approved", {"request": "request"}, contact="requester"),
    ),
    _row(
        "mail_access_refused",
        "identity",
        "AccessRefused",
        _mail("access_refused", {"request": "request"}, contact="requester"),
    ),
    _row(
        "mail_colleague_refused",
        "identity",
        "AccessRefused",
        _mail("access_refused_colleague", {"request": "request"}, contact="request"),
    ),
    _row("mail_access_changed", "identity", "PermissionsChanged", _mail("access_changed")),
    _row("mail_membership_given", "identity", "MembershipGiven", _mail("access_changed")),
    _row("mail_membership_ended", "identity", "MembershipEnded", _mail("access_changed")),
)
