"""Two companies, one with two branches, and all that Portico can know of them; every field is a mark."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from chassis.job_streams import Streams
from chassis.messages import ALL_COMPANIES, Context
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.parts import parts
from services.erp_sync import domain as sync
from services.erp_sync.contract import files_folder
from services.erp_sync.events import ImportFailed
from services.erp_sync.handlers import POSTING, RUN
from services.identity.adapters.mail import carrier
from services.identity.links import RESET, Link, keep_link, token_hash
from services.identity.mails import domain as mails
from services.identity.mails.sending import Desk
from services.identity.mails.settings import MailSettings
from services.identity.streams import MAIL
from tests.gateway.isolation import administration, layouts
from tests.gateway.isolation.asking import given, lend, new_request, requests, to_alder
from tests.gateway.isolation.marks import ALL_BRANCHES, BRANCHES, COMPANIES, Marks, number_of
from tests.gateway.isolation.people import PASSWORD, USUAL, Visitor, visitors
from tests.gateway.isolation.telling import Telling
from tests.support.inprocess import Services

AGENTS, ADMINS = ("agent", "portal_admin"), ("portal_admin",)
SYNC = ("erp_admin", "operator", "portal_admin")
NO_CUSTOMER = ("nobody has this permission",)
ITEM = "WALK-1"
SAME = "SAME-1"  # the number of an invoice that each of the two companies has


class World:
    """The services with two companies in them, the gateway before them, and everybody signed in."""

    def __init__(self, folder: Path) -> None:
        self.services = Services(folder)
        self.marks = Marks()
        self.visitors = visitors()
        self.things: dict[str, str] = {"company": COMPANIES["alder"]}
        """What routes and commands name: `invoice`, `case`, … are of branch north or of its company."""
        self.prices: dict[str, Decimal] = {}
        with self.services.at_home():
            self._fill()
        self.rpc = Telling(self.services)
        gateway = GatewaySettings.from_env({"PORTICO_STYLE": "1"})
        self.app = create_app(self.services.settings, gateway, rpc=self.rpc, commands=self.services.commands)

    def _fill(self) -> None:
        for name in COMPANIES:
            self._company(name)
        self._people()
        for branch in BRANCHES:
            self._documents(branch)
        self._sums()
        for name, opener in (("alder", "owner"), ("birch", "east")):
            self._case(name, self.visitors[opener])
            self._order(name, self.visitors[opener])
        self._import_run()
        self._roles()
        to_alder(self, self.visitors["both"].contact)
        self.things["lender"] = self.things["lent"] = lend(self)
        requests(self)
        layouts.fill(self)
        self._mails()
        administration.fill(self)
        self.services.settle()

    def close(self) -> None:
        """End it all."""
        with self.app.app_context():
            parts().reads.close()
        self.services.close()

    def _company(self, name: str) -> None:
        put, code = self.marks, COMPANIES[name]
        body = {
            "name": put.text(name, "company.name", roles=(*AGENTS, *SYNC)),
            "currency": "EUR",
            "price_list": f"LIST-{name}",
            "phone": put.text(name, "company.phone", roles=AGENTS),
            "email": put.text(name, "company.email", roles=AGENTS),
            "address": put.text(name, "company.address", roles=AGENTS),
        }
        put.put(name, "company.code", code, roles=(*AGENTS, *SYNC))
        documents = [{"kind": "company", "key": code, "body": body}]
        for branch, (owner, key) in BRANCHES.items():
            if owner == name:
                put.put(branch, "branch.code", key, roles=AGENTS)
                documents.append(
                    {"kind": "branch", "key": key, "body": {"name": put.text(branch, "branch.name", roles=AGENTS)}}
                )
        self.services.record("identity", code, documents)
        self._catalogue(name, code)
        self.services.record("licensing", code, [{"kind": "owned_product", **self._product(name)}])
        self.services.record("cases", code, [{"kind": "project", **one} for one in self._project(name)])

    def _catalogue(self, name: str, code: str) -> None:
        price = self.prices[code] = self.marks.amount(name, "price", needs=("order", "report_orders"))
        own = {"price_list": f"LIST-{name}", "item": ITEM, "currency": "EUR", "price": str(price)}
        documents = [
            {"kind": "item", "key": ITEM, "body": {"name": "Scanner", "unit": "pcs"}},
            {"kind": "price", "key": f"LIST-{name}/{ITEM}/EUR/1", "body": own},
            {"kind": "customer_terms", "key": code, "body": {"currency": "EUR", "price_list": f"LIST-{name}"}},
        ]
        # The item is everybody's, and is told with the first company's prices.
        self.services.record("orders", code, documents if name == "alder" else documents[1:])

    def _product(self, name: str) -> dict[str, Any]:
        put = self.marks.text
        fields = ("product", "name", "version", "licence_type", "serial")
        return {"key": f"P-{name}", "body": {field: put(name, f"product.{field}") for field in fields}}

    def _project(self, name: str) -> list[dict[str, Any]]:
        seen: dict[str, Any] = {"needs": ("open_cases",)}
        number = self.marks.number(name, "project.number", **seen)
        parts = ("name", "reference", "task", "before", "note")
        text = {part: self.marks.text(name, f"project.{part}", **seen) for part in parts}
        self.things.setdefault("project", number)
        body = {"name": text["name"], "reference": text["reference"]}
        tasks = [{"name": text["task"], "status": "open", "note": text[note]} for note in ("before", "note")]
        return [{"key": number, "stamp": str(n), "body": {**body, "tasks": [one]}} for n, one in enumerate(tasks)]

    def _people(self) -> None:
        for one in self.visitors.values():
            if one.name == "nobody":
                continue
            holder = "birch" if one.company == COMPANIES["birch"] else "alder"
            # Who opened a case or placed an order is read by those of the company who see such.
            shown: dict[str, Any] = {"needs": ("open_cases", "report_orders")}
            seen: dict[str, Any] = shown if one.name in ("owner", "east") else {"only": one.email}
            seen["own_admin"] = own = () if one.roles else (one.company, one.first)
            name = self.marks.text(holder, f"name.{one.name}", roles=AGENTS, **seen)
            self.marks.put(holder, f"email.{one.name}", one.email, only=one.email, roles=AGENTS, own_admin=own)
            phone = self.marks.text(holder, f"phone.{one.name}", only=one.email, roles=AGENTS, own_admin=own)
            common = {"name": name, "email": one.email, "phone": phone}
            who = {"staff_roles": list(one.roles)} if one.roles else given(one)
            reply = self.do("identity", "CreateStaff" if one.roles else "CreateContact", {**common, **who})
            one.contact = reply["id"]
            self.services.sign_up(self._token(one.contact), PASSWORD)
        seen = {"only": NO_CUSTOMER[0], "roles": AGENTS, "own_admin": (COMPANIES["alder"],)}
        for spare in ("spare", "gone", "invited", "newcomer", "erasable", "forgetful", "secured", "idle", "shut"):
            text = {part: self.marks.text("alder", f"{spare}.{part}", **seen) for part in ("name", "phone")}
            email = self.marks.put("alder", f"{spare}.email", f"{spare}@walk.example", **seen)
            payload = {**text, "email": email, "for_company": COMPANIES["alder"]}
            self.things[spare] = self.do("identity", "CreateContact", payload)["id"]
        self.things["token"] = self.invite("invited")
        self.services.second_factor(COMPANIES["alder"], self.things["secured"])
        self.do("licensing", "GrantFeature", {"feature": "order_pad", "for_company": ALL_COMPANIES})

    def invite(self, spare: str) -> str:
        """The token of a new invitation of a spare contact."""
        return self._token(self.things[spare])

    def _token(self, contact: str) -> str:
        return str(self.do("identity", "InviteContact", {"contact_id": contact})["result"]["token"])

    def do(self, service: str, command: str, payload: dict[str, Any], **who: str) -> dict[str, Any]:
        context = Context(
            uuid4(), who.get("company", ALL_COMPANIES), who.get("actor", "setup"), who.get("channel", "test"), "walk"
        )
        return self.services.commands.send(service, command, payload, context)

    def _documents(self, branch: str) -> None:
        owner, key = BRANCHES[branch]
        made = {
            kind: self._document(branch, key, kind, needs)
            for kind, needs in (
                ("invoice", ("report_invoices", "see_balance")),
                ("credit_memo", ("report_credit_memos", "see_balance")),
                ("order", ("report_orders",)),
                ("delivery", ("report_deliveries",)),
                ("quotation", ("report_orders",)),
            )
        }
        if branch != "south":
            same = self._document(branch, key, "same", ("report_invoices", "see_balance"), SAME)
            made["same"] = {**same, "kind": "invoice", "key": SAME}
        for kind, base in (("order", "quotation"), ("delivery", "order"), ("invoice", "delivery")):
            made[kind]["body"]["base"] = [{"kind": base, "number": made[base]["key"]}]
        paid = [made["invoice"]["key"]]
        # What is paid together, and what one delivery led to, may be of several branches.
        if branch == "south":
            other = {"kind": "delivery", "number": number_of("north", "delivery.number")}
            made["invoice"]["body"]["base"].append(other)
        if branch == "north":
            paid.append(number_of("south", "invoice.number"))
        made["payment"] = self._payment(branch, key, paid)
        for service, kinds in (
            ("payments", ("invoice", "credit_memo", "same", "payment")),
            ("orders", ("quotation", "order", "delivery")),
        ):
            self.services.record(service, COMPANIES[owner], [made[kind] for kind in kinds if kind in made])
        if branch == "north":
            self.things |= {kind: one["key"] for kind, one in made.items()}

    def _document(self, branch: str, key: str, kind: str, needs: tuple[str, ...], number: str = "") -> dict[str, Any]:
        put, name = self.marks, kind.replace("_", "")
        listed: dict[str, Any] = {"needs": needs}
        shown: dict[str, Any] = {"needs": needs[:1]}
        total = put.amount(branch, f"{name}.total", **listed)
        total = -total if kind == "credit_memo" else total
        line = {
            "line": 1,
            "item": put.text(branch, f"{name}.item", **shown),
            "description": put.text(branch, f"{name}.description", **shown),
            "quantity": "1",
            "unit": "pcs",
            "price": str(abs(total)),
            "amount": str(total),
        }
        body = {
            "number": number or put.number(branch, f"{name}.number", **listed),
            "branch": key,
            "date": "2026-11-02",
            "due_date": "2026-11-12",
            "currency": "EUR",
            "reference": put.text(branch, f"{name}.reference", **listed),
            "exact_total": str(total),
            "total": str(total),
            "open_amount": str(total) if kind in ("invoice", "credit_memo", "same") else None,
            "note": put.text(branch, f"{name}.note", **shown),
            "lines": [line],
        }
        return {"kind": kind, "key": body["number"], "body": body}

    def _payment(self, branch: str, key: str, paid: list[str]) -> dict[str, Any]:
        put, seen = self.marks, {"needs": ("report_payments",)}
        amounts = [put.amount(branch, "payment.part0", **seen)]
        if paid[1:]:  # the other branch reads it in its statement
            amounts.append(put.amount(BRANCHES[branch][0], "payment.part1", needs=("report_payments", "see_balance")))
            put.sum(branch, "payment.total", sum(amounts, Decimal()), **seen)
        body = {
            "number": put.number(branch, "payment.number", **seen),
            "branch": key,
            "date": "2026-11-03",
            "currency": "EUR",
            "amount": str(sum(amounts, Decimal())),
            "reference": put.text(branch, "payment.reference", **seen),
            "method": put.text(branch, "payment.method", **seen),
            "applied": [
                {"kind": "invoice", "number": number, "amount": str(amount)}
                for number, amount in zip(paid, amounts, strict=True)
            ],
        }
        return {"kind": "payment", "key": body["number"], "body": body}

    def _sums(self) -> None:
        put = self.marks

        def amount(branch: str, name: str) -> Decimal:
            return Decimal(put.of(branch, f"{name}.total").forms[1])

        def sums(holder: str, branches: tuple[str, ...], within: str | None) -> None:
            invoices = sum((amount(one, "invoice") for one in branches), Decimal())
            invoices += sum((amount(one, "same") for one in branches if one != "south"), Decimal())
            memos = sum((amount(one, "creditmemo") for one in branches), Decimal())
            if branches != ("south",):
                put.sum(holder, "invoice.sum", invoices, needs=("report_invoices",), branch=within)
            put.sum(holder, "balance.sum", invoices - memos, needs=("see_balance",), branch=within)
            if len(branches) > 1:
                both = sum((amount(one, "delivery") for one in branches), Decimal())
                put.sum(holder, "delivery.sum", both, needs=("report_deliveries",), branch=within)

        for branch in BRANCHES:
            sums(branch, (branch,), None)
        sums("alder", ("north", "south"), ALL_BRANCHES)

    def _case(self, name: str, opener: Visitor) -> None:
        put = self.marks
        seen: dict[str, Any] = {"needs": ("open_cases",), "roles": AGENTS}
        fields = ("summary", "detail", "customer_reference", "product")
        payload = {field: put.text(name, f"case.{field}", **seen) for field in fields}
        who = {"company": opener.company, "actor": opener.contact}
        number = self.do("cases", "OpenCase", payload, **who)["id"]
        put.put(name, "case.number", number, **seen)
        self.do("cases", "ReplyToCase", {"case": number, "text": put.text(name, "case.reply", **seen)}, **who)
        answer = {"case": number, "text": put.text(name, "case.answer", **seen), "status": "open"}
        self.do("cases", "AnswerCase", answer, actor=self.visitors["agent"].contact)
        self.things.setdefault("case", number)

    def place(self, opener: Visitor, **more: str) -> str:
        """The reference of a new order of this person."""
        line = {"item": ITEM, "quantity": "1", "shown_price": str(self.prices[opener.company]), "shown_currency": "EUR"}
        payload = {"lines": [line], "branch": (opener.branches or ("",))[0], **more}
        who = {"company": opener.company, "actor": opener.contact}
        return str(self.do("orders", "PlaceOrder", payload, **who)["id"])

    def _order(self, name: str, opener: Visitor) -> None:
        put = self.marks
        self.services.settle()  # the prices
        branch = "north" if name == "alder" else "east"
        seen: dict[str, Any] = {"needs": ("report_orders",)}
        texts = {field: put.text(branch, f"placed.{field}", **seen) for field in ("reference", "note")}
        number = self.place(opener, **texts)
        put.put(branch, "placed.number", number, **seen, roles=SYNC)
        self.things.setdefault("placed", number)
        posting = {"kind": "order", "reference": number, "connection": "files", "document": {}, "document_version": 1}
        self.do("erp_sync", "RequestPosting", posting, company=opener.company, channel="reaction")
        reason = put.text(branch, "posting.reason", roles=SYNC, needs=NO_CUSTOMER)
        answer = sync.Answer(number, "refused", message=reason)
        context = Context(uuid4(), opener.company, "setup", "reaction", "walk")
        change = self.services.tools["erp_sync"].repository.change
        self.services.run(change(POSTING, number, context, lambda state: sync.decide_answer(state, answer)))
        self.things.setdefault("posting", number)

    def new_role(self, name: str = "") -> str:
        """The id of a new role, which gives every permission."""
        payload = {"name": name or uuid4().hex, "permissions": list(USUAL)}
        return str(self.as_admin("DefineRole", payload)["id"])

    def _roles(self) -> None:
        seen: dict[str, Any] = {"roles": ADMINS, "own_admin": (COMPANIES["alder"],)}
        name = self.marks.text("alder", "role.name", only=self.visitors["twin"].email, **seen)
        role = self.things["role"] = self.new_role(name)
        self.things |= {"other_role": self.new_role(), "gone_role": self.new_role()}
        self.things["view"] = self.new_view()
        for one in ("twin", "lapsed"):
            self.give(self.visitors[one], [role])

    def give(self, one: Visitor, roles: list[str], last_day: str = "") -> None:
        """Give them the roles and the permissions they have or had; with a last day, until then."""
        rights = {name: value for name, value in given(one).items() if name != "for_company"}
        ends = dict.fromkeys([*rights["permissions"], *roles], last_day) if last_day else {}
        self.as_admin("SetPermissions", {"contact_id": one.contact, **rights, "roles": roles, "ends": ends})

    def as_admin(self, command: str, payload: dict[str, Any], service: str = "identity") -> dict[str, Any]:
        """What a portal admin's command is answered."""
        return self.do(service, command, payload, actor=self.visitors["admin"].contact)

    def new_request(self) -> str:
        """The id of a new request for access."""
        return new_request(self)

    def lend(self) -> str:
        """The id of a new contact of birch who is of alder, too."""
        return lend(self)

    def new_view(self) -> str:
        """The id of a new view: the admin looks as the owner."""
        return str(self.as_admin("BeginViewAs", {"contact_id": self.visitors["owner"].contact})["id"])

    def _mails(self) -> None:
        """A mail of the owner's in the outbox, one that was given up, and a link to a new password."""
        put = self.marks.text
        seen: dict[str, Any] = {"roles": ADMINS, "needs": NO_CUSTOMER}
        text = {"subject": put("alder", "mail.subject", **seen), "text": put("alder", "mail.text", **seen)}
        self.as_admin("ChangeMailText", {"kind": "password_changed", "language": "en", **text})
        sender = {"name": put("alder", "sender.name", **seen), "address": "zq-sender@walk.example"}
        self.marks.put("alder", "sender.address", sender["address"], **seen)
        self.as_admin("ChangeMailSender", sender)
        self.things["lost_mail"] = self.lost_mail(put("alder", "mail.reason", **seen))
        self.things["outbox_mail"] = f"{self._mail()}.{self.visitors['owner'].contact}"
        self.services.settle()
        tools = self.services.tools["identity"]
        stop, mail = threading.Event(), MailSettings.from_env(tools.settings, {})
        with Streams(tools.settings, "identity", "mail", stop) as streams:
            Desk(tools.settings, mail, carrier(mail), streams).turn(stop)
        token = self.things["reset"] = uuid4().hex
        until = datetime.now(UTC) + timedelta(hours=1)
        keep_link(tools.state, Link(token_hash(token), self.things["forgetful"], until, RESET))

    def _mail(self) -> str:
        owner, key = self.visitors["owner"], uuid4().hex
        payload = {"mail": key, "contact_id": owner.contact, "kind": "password_changed"}
        self.do("identity", "RequestMail", payload, company=owner.company, channel="reaction")
        return key

    def lost_mail(self, reason: str = "No.") -> str:
        """The id of a new mail to the owner that was given up."""
        key = self._mail()
        context = Context(uuid4(), ALL_COMPANIES, "setup", "test", "walk")
        change = self.services.tools["identity"].repository.change
        self.services.run(change(MAIL, key, context, lambda state: mails.decide_given_up(state, reason)))
        return key

    def _import_run(self) -> None:
        put, tools = self.marks, self.services.tools["erp_sync"]
        hashed = "0" * 64
        (files_folder(self.services.settings) / hashed).write_text("x")
        payload = {
            **dict.fromkeys(("file", "profile_file"), hashed),
            "file_name": put.text("alder", "run.file", roles=SYNC, needs=NO_CUSTOMER),
            "size": 1,
            "profile": "walk",
            "connection": "files",
        }
        run = self.do("erp_sync", "StartImport", payload)["id"]
        message = put.text("alder", "run.message", roles=SYNC, needs=NO_CUSTOMER)
        context = Context(uuid4(), ALL_COMPANIES, "setup", "test", "walk")
        self.services.run(tools.repository.change(RUN, run, context, lambda state: [ImportFailed(run, message)]))
        self.things["run"] = run
