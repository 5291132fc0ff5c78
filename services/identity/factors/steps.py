"""What may come between a right password and a session: a code, a password of one's own. Each step has a ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from chassis.dispatch import Tools
from chassis.errors import Invalid
from chassis.killpoints import reach
from chassis.messages import Context, derived_id
from services.identity import credentials, links, passwords
from services.identity.commands import EnableSecondFactor
from services.identity.details.person import person_of
from services.identity.domain import Contact
from services.identity.errors import SignInExpired, WeakPassword
from services.identity.factors import handling
from services.identity.factors.store import (
    APP,
    CODE,
    OWN_PASSWORD,
    PASSKEY,
    PASSWORD,
    SET_UP,
    SINGLE_SIGN_ON,
    Half,
)
from services.identity.portal.policy import SIGN_IN, Policy, WayClosed, policy_of
from services.identity.streams import CONTACT, PORTAL, SETTINGS
from services.identity.vault import open_vault

_SECOND_STEPS = UUID("9c2d3c0e-0a5f-5f0e-9a55-7f1f5ad3c2b1")


async def let_in(contact: Contact, way: str, tools: Tools, known: credentials.Password | None = None) -> dict[str, Any]:
    """The session's facts, and the `way` somebody came in; or, where more is wanted of them, only `contact_id`, which
    `step` is next (CODE: second_step or passkey_step, OWN_PASSWORD: own_password, SET_UP: set_up_factor), a `ticket`
    for it, and the `ways` there are to take it. `known` is the contact's password where it was read before.

    Raises WayClosed where the company's policy has another way.
    """
    policies = await _policies(contact, tools)
    if not policies[0].takes(way, bool(contact.staff_roles)):
        raise WayClosed(policies[0].ways)
    known = known or await credentials.known_password(contact.contact, tools)
    store = handling.factors(tools)
    owed, ways = await asyncio.to_thread(store.standing, contact.contact)
    await handling.pay(contact.contact, owed, tools)
    if way != PASSWORD:
        ways = ()
    if ways:
        step = CODE
    elif known is not None and known.to_change and way not in (PASSKEY, SINGLE_SIGN_ON):
        step = OWN_PASSWORD
    elif way == PASSWORD and any(policy.factor for policy in policies):
        step = SET_UP
    else:
        return {**await _session(contact, tools), "way": way}
    ticket = await asyncio.to_thread(store.issue, contact.contact, known.command if known else "", step, way)
    return {"contact_id": contact.contact, "ticket": ticket, "step": step, "ways": list(ways)}


async def second_step(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Who signs in with a `ticket` and a `code` of the app, or a recovery code: as let_in says it, with the code's
    `by` (app or recovery) and how many recovery codes are left.

    Raises WrongCode, after which the ticket can be tried again; SignInExpired.
    """
    ticket, code = texts(payload, "ticket", "code")
    store = handling.factors(tools)
    half, contact = await awaiting_code(ticket, tools)
    await handling.settle(half.contact, tools)
    context = _context(derived_id(_SECOND_STEPS, links.token_hash(ticket)), contact, payload)
    spent = await asyncio.to_thread(store.finish, ticket, half.contact, code, context)
    reach("identity.after_factor")
    await handling.settle(half.contact, tools)
    return {**await let_in(contact, spent.way, tools), "by": spent.way, "codes_left": spent.left}


async def awaiting_code(ticket: str, tools: Tools) -> tuple[Half, Contact]:
    """The sign-in that this ticket of the second step is for; raises SignInExpired."""
    half = await asyncio.to_thread(handling.factors(tools).half, ticket, CODE)
    contact, known = await _of(half, tools)
    if known is None or known.command != half.password:
        raise SignInExpired
    return half, contact


async def own_password(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Take `password` as the contact's own instead of the one an admin chose, for a `ticket`; answers as let_in does.

    The same `command_id` again gets the same answer for the same password. Raises WeakPassword, which leaves the
    ticket; SignInExpired.
    """
    ticket, password = texts(payload, "ticket", "password")
    half = await asyncio.to_thread(handling.factors(tools).half, ticket, OWN_PASSWORD)
    contact, known = await _of(half, tools)
    context = _context(command_id(payload.get("command_id"), uuid4()), contact, payload)
    if known is not None and known.command == str(context.command_id):
        await credentials.refuse_other(known, password)
    elif known is None or known.command != half.password:
        raise SignInExpired
    else:
        if await passwords.verified(known.hash, password):
            raise WeakPassword("This is the password you were given. Please choose one that only you know.")
        await credentials.refuse_weak(contact, password, tools)
        await credentials.settle(half.contact, tools)
        await credentials.store_password(half.contact, password, "change_password", context, tools, was=known)
    await credentials.settle(half.contact, tools)
    loaded = await tools.repository.load(CONTACT, half.contact)
    return {**await let_in(loaded.state, half.way, tools), "position": loaded.position}


async def factor_draft(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """The `secret` (base32) to put into an app, and the `email` it is of, for a `ticket` of SET_UP.

    Raises SignInExpired, SecondFactorOn.
    """
    (ticket,) = texts(payload, "ticket")
    contact = await _sets_up(ticket, tools)
    secret = await asyncio.to_thread(handling.factors(tools).draft, contact.contact)
    person = await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), contact)
    return {"secret": secret, "email": person.email}


async def set_up_factor(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    """Switch the app on with its first `code`, for a `ticket` of SET_UP: as let_in says it, with the recovery `codes`.

    The same `command_id` again gets the same answer. Raises WrongCode, which leaves the ticket; SecondFactorOn,
    SignInExpired.
    """
    ticket, code = texts(payload, "ticket", "code")
    contact = await _sets_up(ticket, tools)
    context = _context(command_id(payload.get("command_id"), uuid4()), contact, payload)
    reply = await handling.enable(EnableSecondFactor(actor=contact.contact, code=code), context, tools)
    return {**await let_in(contact, APP, tools), "codes": reply.result["codes"], "position": reply.position}


async def _sets_up(ticket: str, tools: Tools) -> Contact:
    half = await asyncio.to_thread(handling.factors(tools).half, ticket, SET_UP)
    contact, known = await _of(half, tools)
    if known is None or known.command != half.password:
        raise SignInExpired
    return contact


async def _policies(contact: Contact, tools: Tools) -> list[Policy]:
    """The policy of the contact's first company, where they will stand, and those of the others."""
    known = (await tools.repository.load(SETTINGS, PORTAL)).state.known
    settings = {name: one.value for name, one in known.items() if name.startswith(SIGN_IN)}
    others = sorted(contact.companies - {contact.company, ""})
    return [policy_of(settings, company) for company in (contact.company, *others)]


async def _of(half: Half, tools: Tools) -> tuple[Contact, credentials.Password | None]:
    contact = (await tools.repository.load(CONTACT, half.contact)).state
    if not contact.may_sign_in:
        raise SignInExpired
    return contact, await credentials.known_password(half.contact, tools)


async def _session(contact: Contact, tools: Tools) -> dict[str, Any]:
    person = await asyncio.to_thread(person_of, open_vault(tools.settings, tools.state), contact)
    return {
        "contact_id": contact.contact,
        "company": contact.company,
        "companies": sorted(contact.companies - {""}),
        "staff_roles": list(contact.staff_roles),
        "name": person.name,
        "language": contact.language,
    }


def _context(identity: UUID, contact: Contact, payload: Mapping[str, Any]) -> Context:
    correlation = str(payload.get("correlation_id") or identity)
    return Context(identity, contact.company, contact.contact, "portal", correlation)


def command_id(given: Any, otherwise: UUID) -> UUID:
    """The id that a form came with, or the other one where it had none; raises Invalid."""
    try:
        return UUID(given) if given else otherwise
    except (ValueError, AttributeError) as error:
        raise Invalid("The form's id is not one.", fields={"command_id": [str(error)]}) from error


def texts(payload: Mapping[str, Any], *names: str) -> list[str]:
    """These texts of a payload, none of them empty; raises Invalid."""
    values = [payload.get(name) for name in names]
    absent = {
        name: ["Missing."] for name, value in zip(names, values, strict=True) if not isinstance(value, str) or not value
    }
    if absent:
        raise Invalid("Some of it is missing or wrong.", fields=absent)
    return [str(value) for value in values]
