"""What a reaction asks for becomes a mail that waits, unless nobody is there to get it."""

from __future__ import annotations

import os
from email.utils import parseaddr

from chassis.dispatch import Tools
from chassis.messages import Context, Reply
from chassis.repository import now
from services.identity.commands import RequestMail
from services.identity.domain import Contact
from services.identity.mails import domain
from services.identity.mails.kinds import KINDS
from services.identity.mails.settings import is_address
from services.identity.streams import CONTACT, MAIL


async def request_mail(command: RequestMail, context: Context, tools: Tools) -> Reply:
    """Append MailRequested to the mail's own stream, once.

    Nothing for a contact that is no more, wants none of the kind, or is of a company that what happened is not about;
    staff hear of every one.
    """
    if KINDS[command.kind].to_colleague:
        return await _request(command, context.company, context, tools)
    loaded = await tools.repository.load(CONTACT, command.contact_id)
    contact = loaded.state
    another_companys = contact.company != "" and not context.sees(contact.companies)
    if loaded.revision < 0 or another_companys or not _wants(contact, command.kind):
        return Reply("", loaded.revision, loaded.position, command.mail)
    about = context.company if context.company in contact.companies else contact.company
    return await _request(command, about, context, tools)


async def _request(command: RequestMail, company: str, context: Context, tools: Tools) -> Reply:
    return await tools.repository.change(
        MAIL,
        command.mail,
        context,
        lambda state: domain.decide_request(state, command, company, _domain(), now()),
        create=True,
    )


def _wants(contact: Contact, kind: str) -> bool:
    """Security mails go to everybody who is still there, others to those who can log in and did not say no."""
    if KINDS[kind].security:
        return not contact.erased
    return contact.may_sign_in and contact.stage == "active" and kind not in contact.mails_off


def _domain() -> str:
    """The right half of a Message-ID: the sender's, where one is set. Whether it can be used is for others to say."""
    address = parseaddr(os.environ.get("PORTICO_MAIL_FROM", ""))[1]
    return address.partition("@")[2] if is_address(address) else "portico.invalid"
