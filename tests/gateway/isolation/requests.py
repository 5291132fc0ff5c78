"""How the routes of the table are asked: addresses, forms, and what must stand in the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.gateway.isolation.administration import ADMINISTRATION
from tests.gateway.isolation.asked import ADMIN, AGENT, ERP, OPER, Asked, shown
from tests.gateway.isolation.layouts import new_view
from tests.gateway.isolation.requests_people import PEOPLE
from tests.gateway.isolation.sign_in_requests import NEW_PASSWORD as _NEW_PASSWORD
from tests.gateway.isolation.sign_in_requests import SIGN_IN_REQUESTS

if TYPE_CHECKING:
    from tests.gateway.isolation.people import Visitor
    from tests.gateway.isolation.world import World

_OWN_COMPANY = "company.name company.code company.phone company.email company.address"


def _of_north(kind: str, path: str, extra: str = "") -> Asked:
    fields = f"{kind}.number {kind}.reference {kind}.total {kind}.note {kind}.item {kind}.description {extra}"
    return Asked(path, re.sub("{.*}", "NONE-0", path), shown(fields), holders=("north",))


def _listed(kind: str, extra: str = "") -> Asked:
    return Asked(shows=shown(f"{kind}.number {kind}.reference {kind}.total {extra}"))


def _order(world: World, visitor: Visitor) -> dict[str, Any]:
    price = world.prices.get(visitor.company, 0)
    line = {"item": "WALK-1", "quantity": "1", "shown": str(price), "currency": "EUR"}
    return {**line, "branch": "", "action": "place"}


def _password(world: World, visitor: Visitor) -> dict[str, Any]:
    return {"current": "not this one at all", "new": "some other long one", "again": "some other long one"}


def _proof(world: World, visitor: Visitor) -> dict[str, Any]:
    return {"password": "not this one at all", "code": "000000"}


_TEXT = {"subject": "News", "text": "Hello\n\n{link}", "action": "save"}
_LAYOUTS = shown("layout.shared", "twin whole south both") | shown("layout.own layout.shared", "owner")
_SYNC_STAFF = f"{ADMIN} {ERP} {OPER}"
_HOME = {
    **shown("balance.sum company.name invoice.number invoice.total creditmemo.number order.number delivery.number"
            " payment.number case.number case.summary name.{me}"),
    AGENT: "case.number case.summary company.name",
    ADMIN: "case.number case.summary run.file request.name",
    ERP: "run.file",
    OPER: "run.file",
}  # fmt: skip
_CASE = "case.summary case.detail case.product case.customer_reference case.reply case.answer"

REQUESTS: dict[str, Asked] = (
    PEOPLE
    | ADMINISTRATION
    | SIGN_IN_REQUESTS
    | {
        "GET /": Asked(shows=_HOME),
        "GET /add-ons": Asked(
            shows=shown("product.product product.name product.version product.licence_type product.serial company.name")
        ),
        "GET /balance": Asked(
            shows=shown("balance.sum invoice.number invoice.total invoice.reference creditmemo.number")
        ),
        "GET /balance/past": Asked("/balance/past?on=2026-11-10", shows=shown("invoice.number creditmemo.number")),
        "GET /charts": Asked(shows=shown("balance.sum")),
        "GET /charts/orders": Asked(),
        "GET /credit-memos": _listed("creditmemo"),
        "GET /credit-memos/<path:number>": _of_north("creditmemo", "/credit-memos/{credit_memo}"),
        "GET /deliveries": _listed("delivery"),
        "GET /deliveries #sums": Asked("/deliveries", shows=shown("delivery.sum", "whole")),
        "GET /deliveries/<path:number>": _of_north("delivery", "/deliveries/{delivery}", "order.number invoice.number"),
        "GET /desk": Asked(shows=shown("case.number case.summary case.product company.name", "agent admin")),
        "GET /desk/<number>": Asked(
            "/desk/{case}",
            "/desk/C-0000-0000",
            shown(f"{_CASE} case.number company.name name.owner", "agent admin"),
            ("alder",),
        ),
        "GET /exports": Asked(shows=shown("export.title", "owner")),
        "GET /exports/<key>/file": Asked(
            "/exports/{export}/file", f"/exports/{'0' * 32}/file", shown("export.content", "owner"), ("north",)
        ),
        "GET /invitation/<token>": Asked("/invitation/{token}", shares=("invited.name", "invited.email")),
        "GET /invoices": Asked(
            shows=shown("invoice.number invoice.reference invoice.total", "south plain")
            | shown(
                "invoice.number invoice.reference invoice.total invoice.sum same.reference",
                "owner twin whole east both",
            )
        ),
        "GET /invoices #overdue": Asked("/invoices?overdue=1&sort=number", shows=shown("invoice.number invoice.total")),
        "GET /invoices #found": Asked("/invoices?q=zq", shows=shown("invoice.number invoice.total")),
        "GET /invoices #after": Asked("/invoices?after=2026-11-02&after={invoice}&n=51"),
        "GET /invoices/<path:number>": _of_north("invoice", "/invoices/{invoice}", "delivery.number order.number"),
        "GET /credit-memos/<path:number>/pdf": _of_north("creditmemo", "/credit-memos/{credit_memo}/pdf"),
        "GET /deliveries/<path:number>/pdf": _of_north("delivery", "/deliveries/{delivery}/pdf"),
        "GET /invoices/<path:number>/pdf": _of_north("invoice", "/invoices/{invoice}/pdf"),
        "GET /invoices/<path:number>/pdf #same-east": Asked(
            "/invoices/SAME-1/pdf",
            shows=shown("same.reference same.total same.note same.item", "east"),
            holders=("east",),
        ),
        "GET /orders/<path:number>/pdf": _of_north("order", "/orders/{order}/pdf"),
        "GET /quotes/<path:number>/pdf": _of_north("quotation", "/quotes/{quotation}/pdf"),
        "GET /payments/<path:number>/pdf": Asked(
            "/payments/{payment}/pdf",
            "/payments/NONE-0/pdf",
            shown("payment.number payment.reference payment.total payment.method payment.part0 payment.part1"),
            holders=("north", "alder"),
        ),
        "POST /order-pad/again": Asked(
            form=lambda world, visitor: {"kind": "invoice", "number": world.things["invoice"]},
        ),
        "GET /invoices/<path:number> #same": Asked(
            "/invoices/SAME-1",
            "/invoices/NONE-0",
            shown("same.reference same.total same.note same.item", "owner twin whole both"),
            ("north",),
        ),
        "GET /invoices/<path:number> #same-east": Asked(
            "/invoices/SAME-1", shows=shown("same.reference same.total same.note same.item", "east"), holders=("east",)
        ),
        "GET /items-bought": Asked(
            shows=shown("invoice.item invoice.description creditmemo.item", "owner twin whole east both")
            | shown("invoice.item invoice.description", "south")
        ),
        "GET /items-bought #months": Asked(
            "/items-bought?since=2026-11-01", shows=shown("invoice.item creditmemo.item")
        ),
        "GET /layouts/<kind>": Asked("/layouts/invoice", shows=_LAYOUTS),
        "GET /layouts/<kind> #change": Asked(
            "/layouts/invoice?layout={own_layout}", "/layouts/invoice?layout=L-0000-0000", shows=_LAYOUTS
        ),
        "GET /statement": Asked(
            "/statement?since=2020-01-01&until=2030-12-31",
            shows=shown("balance.sum invoice.number invoice.reference creditmemo.number payment.number"),
        ),
        "GET /statement/pdf": Asked(
            "/statement/pdf?since=2020-01-01&until=2030-12-31",
            shows=shown("invoice.number invoice.reference creditmemo.number payment.number"),
        ),
        "GET /quotes": _listed("quotation"),
        "GET /quotes/<path:number>": _of_north("quotation", "/quotes/{quotation}", "order.number"),
        "GET /mails": Asked(shows=shown("mail.reason name.owner email.owner", ADMIN)),
        "GET /mails/sender": Asked(shows=shown("sender.name sender.address name.admin", ADMIN)),
        "GET /mails/texts": Asked(shows=shown("sender.name sender.address name.admin", ADMIN)),
        "GET /mails/texts/<kind>/<language>": Asked(
            "/mails/texts/password_changed/en",
            "/mails/texts/none/en",
            shown("mail.subject mail.text name.admin", ADMIN),
        ),
        "GET /open-items": Asked(shows=shown("balance.sum invoice.number invoice.reference creditmemo.number")),
        "GET /order-pad": Asked(shows=shown("draft.reference", "owner")),
        "GET /orders": Asked(
            shows=shown("order.number order.reference order.total", "south")
            | shown(
                "order.number order.reference order.total placed.number placed.reference", "owner twin whole east both"
            )
        ),
        "GET /orders/<path:number>": _of_north("order", "/orders/{order}", "delivery.number invoice.number"),
        "GET /orders/<path:number> #placed": Asked(
            "/orders/{placed}", "/orders/W-0000-0000", shown("placed.number placed.reference placed.note"), ("north",)
        ),
        "GET /outbox": Asked(shows=shown("mail.subject email.owner", ADMIN)),
        "GET /outbox/<key>": Asked(
            "/outbox/{outbox_mail}",
            "/outbox/none.none",
            shown("mail.subject mail.text email.owner sender.name sender.address", ADMIN),
        ),
        "GET /outbox/<key>/html": Asked(
            "/outbox/{outbox_mail}/html", "/outbox/none.none/html", shown("mail.text", ADMIN)
        ),
        "GET /payments": Asked(shows=shown("payment.number payment.reference")),
        "GET /payments/<path:number>": Asked(
            "/payments/{payment}",
            "/payments/NONE-0",
            shown("payment.number payment.reference payment.total payment.method payment.part0 payment.part1"),
            holders=("north", "alder"),
        ),
        "GET /projects": Asked(shows=shown("project.number project.name project.reference")),
        "GET /projects/<path:number>": Asked(
            "/projects/{project}",
            "/projects/NONE-0",
            shown("project.number project.name project.reference project.task project.note project.before"),
            ("alder",),
        ),
        "GET /reset/<token>": Asked("/reset/{reset}", shares=("forgetful.email",)),
        "GET /order-pad/items": Asked("/order-pad/items?q=scanner"),
        "GET /search": Asked(
            "/search?q=zq",
            shows=shown("invoice.number order.number delivery.number creditmemo.number payment.number")
            | shown("case.number case.summary company.code company.name", f"{AGENT} {ADMIN}"),
        ),
        "GET /search #contact": Asked(
            "/search?q=owner&kind=contact",
            shows=shown("name.owner email.owner", f"{AGENT} {ADMIN}"),
            holders=("alder",),
        ),
        "GET /search #note": Asked("/search?q=note", shows=shown("invoice.note order.note delivery.note")),
        "GET /search #item": Asked("/search?q=invoice+item", shows=shown("invoice.item")),
        "GET /search #description": Asked(
            "/search?q=invoice+description&kind=invoice", shows=shown("invoice.description")
        ),
        "GET /search #said": Asked(
            "/search?q=detail", shows=shown("case.detail") | shown("case.detail", f"{AGENT} {ADMIN}")
        ),
        "GET /search #project": Asked(
            "/search?q=project+note", shows=shown("project.name project.number project.note")
        ),
        "GET /search #product": Asked(
            "/search?q=serial",
            shows=shown("product.name product.serial") | shown("product.name product.serial", "plain lapsed"),
        ),
        "GET /search/suggest": Asked(
            "/search/suggest?q={invoice}", shows=shown("invoice.number", "owner twin whole both"), holders=("north",)
        ),
        "GET /search #number": Asked(
            "/search?q={invoice}",
            "/search?q=ZQ-NONE-0",
            shown("invoice.number invoice.total", "owner twin whole both"),
            ("north",),
        ),
        "GET /search #case": Asked(
            "/search?q={case}",
            shows=shown("case.summary", f"owner twin whole south both {AGENT} {ADMIN}"),
            holders=("alder",),
        ),
        "GET /settings": Asked(
            shows=shown("name.{me} email.{me}", f"{AGENT} {ADMIN} {ERP} {OPER}")
            | shown(f"name.{{me}} email.{{me}} {_OWN_COMPANY}", "plain lapsed")
            | shown(f"name.{{me}} email.{{me}} {_OWN_COMPANY} balance.sum", "owner twin whole south east both")
            | shown(f"name.{{me}} email.{{me}} {_OWN_COMPANY} balance.sum role.name", "twin")
        ),
        "GET /support": Asked(shows=shown("case.number case.summary case.product case.customer_reference")),
        "GET /support #by": Asked(
            "/support?group=product&cols=product,number&until=2030-12-31&q=zq",
            shows=shown("case.number case.product"),
        ),
        "GET /support/<number>": Asked(
            "/support/{case}",
            "/support/C-0000-0000",
            shown(f"case.number {_CASE} name.owner"),
            ("alder",),
            shares=("name.agent",),
        ),
        "GET /support/new": Asked(shows=shown("product.name")),
        "GET /sync": Asked(shows=shown("run.file", _SYNC_STAFF)),
        "GET /sync/postings": Asked(shows=shown("placed.number posting.reason company.name", _SYNC_STAFF)),
        "GET /sync/runs/<run>": Asked(
            "/sync/runs/{run}", "/sync/runs/R-0000-0000", shown("run.file run.message", _SYNC_STAFF)
        ),
        "POST /branch": Asked(form=lambda world, visitor: {"branch": "ZQ-NORD", "next": "/"}, throwaway=True),
        "POST /desk/<number>": Asked(
            "/desk/{case}",
            "/desk/C-0000-0000",
            form=lambda world, visitor: {"text": "Soon.", "then": ""},
            sends=("cases.AnswerCase",),
        ),
        "POST /desk/<number>/status": Asked(
            "/desk/{case}/status",
            "/desk/C-0000-0000/status",
            form=lambda world, visitor: {"to": "waiting" if visitor.name == AGENT else "open"},
            sends=("cases.ChangeCaseStatus",),
        ),
        "POST /forgot": Asked(form=lambda world, visitor: {"email": visitor.email}, shares=("email.off",)),
        "POST /invitation/<token>": Asked(
            "/invitation/{token}",
            form=lambda world, visitor: _NEW_PASSWORD,
            sends=("identity.accept_invitation",),
            throwaway=True,
        ),
        "POST /invitation/<token> #used": Asked(
            "/invitation/{token}",
            form=lambda world, visitor: _NEW_PASSWORD,
            throwaway=True,
        ),
        "POST /login": Asked(
            form=lambda world, visitor: {"email": visitor.email, "password": "correct horse battery"},
            throwaway=True,
            shares=("email.off",),
        ),
        "POST /logout": Asked(form=lambda world, visitor: {}, throwaway=True),
        "POST /mails/<mail>/again": Asked(
            "/mails/{lost_mail}/again",
            "/mails/none/again",
            form=lambda world, visitor: {},
            sends=("identity.SendMailAgain",),
        ),
        "POST /mails/sender": Asked(
            form=lambda world, visitor: {"name": uuid4().hex}, sends=("identity.ChangeMailSender",)
        ),
        "POST /mails/texts/<kind>/<language>": Asked(
            "/mails/texts/invitation/de",
            "/mails/texts/none/de",
            form=lambda world, visitor: _TEXT,
            sends=("identity.ChangeMailText",),
        ),
        "POST /mails/texts/<kind>/<language>/original": Asked(
            "/mails/texts/invitation/de/original",
            "/mails/texts/none/de/original",
            form=lambda world, visitor: {},
            sends=("identity.RestoreMailText",),
        ),
        "POST /order-pad": Asked(form=_order, sends=("orders.PlaceOrder",), throwaway=True),
        "POST /orders/<key>/cancel": Asked(
            "/orders/{placed}/cancel",
            "/orders/W-0000-0000/cancel",
            form=lambda world, visitor: {},
            sends=("orders.CancelOrder",),
        ),
        "POST /exports/<kind>": Asked(
            "/exports/invoice",
            shows=shown("invoice.number invoice.reference"),
            form=lambda world, visitor: {"format": "csv", "address": "sort=number"},
        ),
        "POST /exports/<kind> #cases": Asked(
            "/exports/case",
            shows=shown("case.number case.summary case.product case.customer_reference"),
            form=lambda world, visitor: {"format": "csv", "address": "sort=number"},
        ),
        "POST /exports/<key>/cancel": Asked(
            "/exports/{export}/cancel", f"/exports/{'0' * 32}/cancel", form=lambda world, visitor: {}
        ),
        "POST /layouts/<kind>": Asked("/layouts/invoice", form=new_view, sends=("identity.SaveLayout",)),
        "POST /layouts/<kind>/<layout>": Asked(
            "/layouts/delivery/{spare_layout}",
            "/layouts/delivery/L-0000-0000",
            form=lambda world, visitor: {"action": "choose"},
            sends=("identity.ChooseLayout", "identity.RemoveLayout"),
        ),
        "POST /layouts/<kind>/<layout> #remove": Asked(
            "/layouts/invoice/{own_layout}",
            "/layouts/invoice/L-0000-0000",
            form=lambda world, visitor: {"action": "remove"},
            sends=("identity.RemoveLayout",),
        ),
        "POST /favourites": Asked(form=lambda world, visitor: {"pin": "/invoices"}, sends=("identity.PinPage",)),
        "POST /favourites #layout": Asked(
            form=lambda world, visitor: {"pin": f"/invoices?layout={world.things['own_layout']}"},
            sends=("identity.PinPage",),
        ),
        "POST /favourites #unpin": Asked(
            form=lambda world, visitor: {"unpin": "/invoices"}, sends=("identity.UnpinPage",)
        ),
        "POST /preferences": Asked(form=lambda world, visitor: {"portico_theme": "dark"}),
        "POST /reset/<token>": Asked(
            "/reset/{reset}",
            form=lambda world, visitor: _NEW_PASSWORD,
            sends=("identity.accept_reset",),
            throwaway=True,
        ),
        "POST /reset/<token> #used": Asked("/reset/{reset}", form=lambda world, visitor: _NEW_PASSWORD, throwaway=True),
        "POST /settings/devices/<session_id>": Asked(
            "/settings/devices/{device}", "/settings/devices/0000000000000000", form=lambda world, visitor: {}
        ),
        "POST /language": Asked(
            form=lambda world, visitor: {"portico_lang": "en"}, sends=("identity.ChooseLanguage",), throwaway=True
        ),
        "POST /settings/mails": Asked(
            form=lambda world, visitor: {"wanted": ["order_accepted"]}, sends=("identity.ChooseMails",)
        ),
        "POST /settings/password": Asked(form=_password),
        "POST /login/code": Asked(form=lambda world, visitor: {"code": "000000"}),
        "POST /settings/second-factor": Asked(form=lambda world, visitor: {"code": ""}),
        "POST /settings/second-factor/codes": Asked(form=_proof),
        "POST /settings/second-factor/off": Asked(form=_proof),
        "POST /style": Asked(form=lambda world, visitor: {"summary_text": "x", "product": "a", "wanted": "2026-11-02"}),
        "POST /support/<number>": Asked(
            "/support/{case}",
            "/support/C-0000-0000",
            form=lambda world, visitor: {"text": "Any news?"},
            sends=("cases.ReplyToCase",),
        ),
        "POST /support/new": Asked(
            form=lambda world, visitor: {"summary_line": "Help", "detail": "It broke."}, sends=("cases.OpenCase",)
        ),
    }
)
"""How the routes are asked that take more than their address; without `path`, the rule itself is the address."""
