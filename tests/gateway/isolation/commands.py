"""The walk over commands: through the gateway's scope as everybody, and at the services as if there were no gateway."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from chassis.errors import PorticoError
from chassis.messages import ALL_COMPANIES, Context
from gateway.access import current_scope
from gateway.websession import COOKIE
from tests.gateway.isolation.administration import LOGO, new_change, new_entry
from tests.gateway.isolation.asking import shut_off
from tests.gateway.isolation.layouts import new_layout
from tests.gateway.isolation.marks import own_details
from tests.gateway.isolation.people import Visitor
from tests.gateway.isolation.table import AT_THE_SERVICES, COMMANDS, METHODS, parsed
from tests.gateway.isolation.walk import Walk
from tests.gateway.isolation.world import ITEM, World

Payload = dict[str, Any]
_FILE = "0" * 64
_STAMP: Payload = {"connection": "files", "document": {}, "document_version": 1, "kind": "order"}
_NEW = {"name": "Ned New", "phone": "", "language": ""}

_NO_PASSKEY = {"answer": "{}", "challenge": "none", "origin": "http://localhost"}

PAYLOADS: Mapping[str, Payload] = {
    "cases.OpenCase": {"summary": "Help", "detail": "It broke."},
    "cases.ReplyToCase": {"case": "{case}", "text": "Any news?"},
    "cases.AnswerCase": {"case": "{case}", "text": "Soon."},
    "cases.ChangeCaseStatus": {"case": "{case}", "status": "solved"},
    "identity.CreateContact": {**_NEW, "for_company": "{company}", "email": "{fresh}@walk.example"},
    "identity.CreateStaff": {**_NEW, "staff_roles": ["agent"], "email": "{fresh}@walk.example"},
    "identity.InviteContact": {"contact_id": "{subject}"},
    "identity.CorrectContact": {"contact_id": "{subject}", "name": "Ned New", "email": "{fresh}@walk.example"},
    "identity.CorrectOwnDetails": {"name": "{own_name}", "phone": "{own_phone}"},
    "identity.SetStaffRoles": {"contact_id": "{subject}", "staff_roles": ["agent"]},
    "identity.SetPassword": {"contact_id": "{subject}", "password": "a long enough one"},
    "identity.LiftSignInLock": {"contact_id": "{subject}"},
    "identity.ChangePassword": {"current": "not this one at all", "new": "some other long one"},
    "identity.ChooseLanguage": {"language": "de"},
    "identity.ChooseMails": {"off": ["case_reply"]},
    "identity.PinPage": {"page": "/invoices"},
    "identity.UnpinPage": {"page": "/invoices"},
    "identity.SetPermissions": {"contact_id": "{subject}", "permissions": ["order"]},
    "identity.AddToCompany": {"contact_id": "{lender}", "to_company": "{company}", "permissions": ["order"]},
    "identity.RemoveFromCompany": {"contact_id": "{lent}", "from_company": "{company}"},
    "identity.SetDelegation": {"contact_id": "{subject}", "appoints": True},
    "identity.RequestAccess": {
        "name": "Cara New",
        "email": "{fresh}@walk.example",
        "why": "She buys.",
        "permissions": [],
        "branches": ["ZQ-NORD"],
    },
    "identity.ApproveAccess": {"request": "{open_request}", "for_company": "{company}", "permissions": ["open_cases"]},
    "identity.RefuseAccess": {"request": "{open_request}", "for_company": "{company}", "reason": "No."},
    "identity.EnableSecondFactor": {"code": "000000"},
    "identity.RenewRecoveryCodes": {"password": "not this one at all", "code": "000000"},
    "identity.DisableSecondFactor": {"password": "not this one at all", "code": "000000"},
    "identity.AddPasskey": {
        "name": "Phone",
        "password": "not this one at all",
        "challenge": "none",
        "answer": "{{}}",
        "origin": "http://localhost",
    },
    "identity.RemovePasskey": {"passkey": "none", "password": "not this one at all"},
    "identity.RemoveSecondFactor": {"contact_id": "{subject}"},
    "identity.DefineRole": {"name": "{fresh}", "permissions": ["order"]},
    "identity.ChangeRole": {"role": "{other_role}", "name": "{fresh}", "permissions": ["order"]},
    "identity.RemoveRole": {"role": "{other_role}"},
    "identity.BeginViewAs": {"contact_id": "{subject}"},
    "identity.EndViewAs": {"view": "{view}"},
    "identity.DeactivateContact": {"contact_id": "{subject}"},
    "identity.ReactivateContact": {"contact_id": "{shut_off}"},
    "identity.EraseContact": {"contact_id": "{gone}"},
    "identity.RequestMail": {"mail": "{fresh}", "contact_id": "{subject}", "kind": "password_changed"},
    "identity.SendMailAgain": {"mail": "{lost_mail}"},
    "identity.ChangeMailText": {"kind": "invitation", "language": "de", "subject": "{fresh}", "text": "{{link}}"},
    "identity.RestoreMailText": {"kind": "invitation", "language": "de"},
    "identity.ChangeMailSender": {"name": "{fresh}"},
    "identity.ChangeSettings": {"settings": {"website": "https://walk.example/{fresh}"}},
    "identity.ChangeLogo": {"content": b64encode(LOGO).decode()},
    "identity.SetMenuEntry": {"titles": {"en": "{fresh}"}, "address": "/support"},
    "identity.RemoveMenuEntry": {"entry": "{spare_entry}"},
    "identity.UndoChange": {"kind": "mailtext", "key": "order_refused.de", "change": "{undo_change}"},
    "identity.SaveLayout": {"report": "delivery", "name": "{fresh}", "columns": ["number", "total"]},
    "identity.RemoveLayout": {"layout": "{spare_layout}"},
    "identity.ChooseLayout": {"report": "delivery", "layout": "{spare_layout}"},
    "licensing.GrantFeature": {"feature": "order_pad", "for_company": "{company}"},
    "licensing.WithdrawFeature": {"feature": "marketplace", "for_company": "{company}"},
    "orders.PlaceOrder": {
        "lines": [{"item": ITEM, "quantity": "1", "shown_price": "{price}", "shown_currency": "EUR"}]
    },
    "orders.CancelOrder": {"order": "{placed}"},
    "orders.MarkOrderQueued": {"order": "{placed}"},
    "orders.MarkOrderPosted": {"order": "{placed}", "erp_number": "10001"},
    "orders.MarkOrderWithdrawn": {"order": "{placed}"},
    "orders.MarkOrderNotWithdrawn": {"order": "{placed}"},
    "orders.MarkOrderRejected": {"order": "{placed}", "reason": "No."},
    "erp_sync.StartImport": {
        "file": _FILE,
        "profile_file": _FILE,
        "file_name": "walk.csv",
        "size": 1,
        "profile": "walk",
        "connection": "files",
    },
    "erp_sync.RequestPosting": {**_STAMP, "reference": "{posting}"},
    "erp_sync.WithdrawPosting": {"reference": "{posting}"},
}
"""Complete payloads about what is branch north's or its company's; with names of the world's things in braces."""

MADE: Mapping[str, Callable[[World], str]] = {
    "other_role": World.new_role,
    "lost_mail": World.lost_mail,
    "spare_entry": new_entry,
    "undo_change": new_change,
    "view": World.new_view,
    "open_request": World.new_request,
    "lent": World.lend,
    "shut_off": shut_off,
    "spare_layout": new_layout,
}
"""What a command uses up that is done: each such gets one of its own."""
NOT_THERE = {
    **dict.fromkeys(MADE, "none"),
    "undo_change": "999",
    "case": "C-0000-0000",
    "company": "ZQNONE",
    "subject": "none",
    "gone": "none",
    "lender": "none",
    "placed": "W-0000-0000",
}
MAKES_ITS_OWN = ("erp_sync.RequestPosting", "erp_sync.WithdrawPosting")
"""A reaction may come before what it is about: what is not there is made, and so it is no other's either."""


def through_the_gateway(walk: Walk, only: Iterable[str] = ()) -> list[str]:
    """What is wrong with what becomes of commands that a page sends without a look."""
    world, wrong = walk.world, []
    for command, cells in _wanted(COMMANDS, only):
        for name in sorted(cells, key=lambda one: cells[one] == "done"):
            visitor = world.visitors[name]
            cookie = walk.cookie(visitor)

            def send(payload: Payload, cookie: str = cookie, command: str = command) -> tuple[str, str]:
                with world.app.test_request_context("/", headers={"Cookie": f"{COOKIE}={cookie}"}):
                    answer = world.app.preprocess_request()
                    if answer is not None:
                        return "in", ""
                    service, what = command.split(".")
                    return _outcome(lambda: current_scope().command(service, what, payload, uuid4(), shows=()))

            wrong += [f"{command} as {name}: {one}" for one in _check(world, command, cells[name], visitor, send)]
    return wrong


def at_the_services(world: World, only: Iterable[str] = ()) -> list[str]:
    """What is wrong with what services do for whom they should not."""
    wrong = []
    mine, theirs, admin = (world.visitors[name] for name in ("owner", "east", "admin"))
    kinds = {
        "mine": (mine.company, mine, "portal"),
        "theirs": (theirs.company, theirs, "portal"),
        "staff": (ALL_COMPANIES, admin, "portal"),
        "nobody": ("", world.visitors["nobody"], "portal"),
        "reaction": (theirs.company, world.visitors["nobody"], "reaction"),
    }
    for command, cells in _wanted(AT_THE_SERVICES, only):
        for name in sorted((one for one in cells if cells[one] != "-"), key=lambda one: cells[one] == "done"):
            company, visitor, channel = kinds[name]

            def send(
                payload: Payload,
                who: tuple[str, str, str] = (company, visitor.contact, channel),
                command: str = command,
            ) -> tuple[str, str]:
                service, what = command.split(".")
                context = Context(uuid4(), *who, "walk")
                return _outcome(lambda: world.services.commands.send(service, what, payload, context))

            wrong += [
                f"{command} as {name}: {one}"
                for one in _check(world, command, cells[name], visitor, send, name == "mine")
            ]
    return wrong


def methods(walk: Walk) -> list[str]:
    """What is wrong with what the RPC methods answer."""
    world, wrong, said = walk.world, [], defaultdict[str, set[str]](set)
    payloads: dict[str, dict[str, Payload]] = {
        "identity.sign_in": {
            name: {"email": world.visitors[name].email, "password": "correct horse battery"}
            for name in ("owner", "off", "nobody")
        },
        "identity.invitation": {"nobody": {"token": "none"}, "used": {"token": world.things["token"]}},
        "identity.accept_invitation": {
            "nobody": {"token": "none", "password": "a long enough one"},
            "used": {"token": world.things["token"], "password": "a long enough one", "command_id": str(uuid4())},
        },
        "identity.second_step": {"nobody": {"ticket": "none", "code": "000000"}},
        "identity.single_sign_on": {"nobody": {"provider": "none", "subject": "none"}},
        "identity.factor_draft": {"nobody": {"ticket": "none"}},
        "identity.set_up_factor": {"nobody": {"ticket": "none", "code": "000000"}},
        "identity.own_password": {"nobody": {"ticket": "none", "password": "a long enough one"}},
        "identity.passkey_options": dict.fromkeys(("owner", "off", "nobody"), {"origin": "http://localhost"}),
        "identity.passkey_sign_in": {"nobody": _NO_PASSKEY},
        "identity.passkey_step": {"nobody": {**_NO_PASSKEY, "ticket": "none"}},
        "identity.passkeys": {
            name: {"contact_id": world.visitors[name].contact or "none"} for name in ("owner", "off", "nobody")
        },
        "identity.second_factor_draft": {
            name: {"contact_id": world.visitors[name].contact or "nobodynobodynobo"}
            for name in ("owner", "off", "nobody")
        },
        "identity.ask_reset": {
            name: {"email": world.visitors[name].email, "command_id": str(uuid4())}
            for name in ("owner", "off", "nobody")
        },
        "identity.reset": {"nobody": {"token": "none"}, "used": {"token": world.things["reset"]}},
        "identity.accept_reset": {
            name: {"token": token, "password": "a long enough one", "command_id": str(uuid4())}
            for name, token in (("nobody", "none"), ("used", world.things["reset"]))
        },
        "identity.outbox": {"owner": {"key": world.things["outbox_mail"]}, "nobody": {"key": "../outbox/none.none"}},
        "erp_sync.run_status": dict.fromkeys(("owner", "off", "nobody"), {"run": world.things["run"]}),
    }
    for method, cells in parsed(METHODS).items():
        for name, cell in cells.items():
            if cell == "-":
                continue
            service, _, what = method.partition(".")
            answer = world.services.call(service, what, payloads[method][name])
            status = "done" if "http" not in answer else str(answer["http"])
            if status != cell:
                wrong.append(f"{method} as {name}: {status} instead of {cell}")
            shown = [mark.forms[0] for mark in world.marks if mark.stands_in(str(answer))]
            if name != "owner" and shown:
                wrong.append(f"{method} as {name}: shows {shown}")
            if cell == "401" or method == "identity.ask_reset":
                said[method].add(str(answer))
    return wrong + [f"{method} tells who exists: {said[method]}" for method in said if len(said[method]) > 1]


def _wanted(table: str, only: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    names = set(only)
    return [(command, cells) for command, cells in parsed(table).items() if not names or command in names]


def _check(world: World, command: str, cell: str, visitor: Visitor, send: Any, own: bool = False) -> Iterator[str]:
    """What is wrong with the command's outcome. `own`: it is about what is theirs, and they may know that it is."""
    payload = _payload(world, command, visitor, _used_up(world, command) if cell == "done" else {})
    head = world.services.head()
    outcome, said = send(payload)
    if outcome != ("done" if cell == "idle" else cell):
        yield f"{outcome} instead of {cell}: {said}"
    shown = [mark.forms[0] for mark in world.marks if mark.stands_in(said) and not visitor.sees(mark)]
    if shown:
        yield f"says {shown}"
    if cell == "done":
        world.services.settle()
        return
    if world.services.head() != head:
        yield "was not let, and something was done"
    if (
        not own
        and command not in MAKES_ITS_OWN
        and (outcome, said) != send(_payload(world, command, visitor, NOT_THERE))
    ):
        yield "tells another's from what is not there"


def _payload(world: World, command: str, visitor: Visitor, instead: Mapping[str, str] | None = None) -> Payload:
    of = visitor.company or world.things["company"]
    more = dict.fromkeys(("subject", "shut_off"), world.things["newcomer"])
    more |= {"fresh": uuid4().hex, "price": str(world.prices[of])}
    more |= own_details(world.marks, visitor.name, visitor.company)
    return dict(_filled(PAYLOADS[command], {**world.things, **more, **(instead or {})}))


def _used_up(world: World, command: str) -> dict[str, str]:
    return {name: make(world) for name, make in MADE.items() if f"{{{name}}}" in PAYLOADS[command].values()}


def _filled(value: Any, things: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**things)
    if isinstance(value, list):
        return [_filled(one, things) for one in value]
    return {name: _filled(one, things) for name, one in value.items()} if isinstance(value, dict) else value


def _outcome(send: Any) -> tuple[str, str]:
    try:
        send()
    except PorticoError as error:
        return str(getattr(error, "status", error.http)), f"{error.code}: {error.message}"
    return "done", ""
