"""Leaks to plant: one in each service and in each place that all pages share. The walk must name where each shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chassis.dispatch import CommandHandler, changes
from chassis.finding import match_of
from chassis.messages import ALL_COMPANIES
from gateway import access, app, fragments, live, ownmenu, people
from gateway.commands import SENT_BY_PAGES
from gateway.finding import customers
from gateway.finding.indexes import Index
from gateway.finding.subjects import Wanted
from gateway.pages import addons, mailtexts, support, sync
from gateway.queries import Statement
from gateway.reports import account, figures, kinds, timeline
from gateway.reports import cases as report_of_cases
from gateway.reports import document as documents
from gateway.routes import Access
from services.erp_sync import domain as postings
from services.erp_sync.handlers import COMMAND_HANDLERS as POSTINGS
from services.erp_sync.handlers import POSTING
from services.identity import schemas
from services.identity.handlers import COMMAND_HANDLERS as IDENTITY
from services.identity.mails import editing
from services.orders import domain as orders
from services.orders.handlers import COMMAND_HANDLERS as ORDERS
from services.orders.handlers import ORDER
from tests.gateway.isolation.commands import at_the_services, through_the_gateway
from tests.gateway.isolation.walk import Walk


@dataclass(frozen=True)
class Plant:
    """A leak: how it is planted, where is looked for it, and what the walk says of it."""

    name: str
    plant: Callable[[pytest.MonkeyPatch, Walk], object]
    look: Callable[[Walk], list[str]]
    says: str


def _no_company(query: Statement) -> Callable[[pytest.MonkeyPatch, Walk], None]:
    """The query without its condition on the company."""

    def plant(patch: pytest.MonkeyPatch, walk: Walk) -> None:
        sql = query.sql
        for alias in ("d", "c", "o", "j", "m", "t"):
            sql = sql.replace(f"WHERE {alias}.company = :company", "WHERE :company <> ''")
        assert sql != query.sql
        patch.setattr(query, "sql", sql)

    return plant


def _no_branch(query: Statement) -> Callable[[pytest.MonkeyPatch, Walk], None]:
    def plant(patch: pytest.MonkeyPatch, walk: Walk) -> None:
        sql = query.sql.replace(":branches IS NULL OR", "1 = 1 OR :branches IS NULL OR")
        assert sql != query.sql
        patch.setattr(query, "sql", sql)

    return plant


def _handler(
    table: Any, name: str, aggregate: Any, field: str, decide: Any
) -> Callable[[pytest.MonkeyPatch, Walk], None]:
    """The command's handler on an aggregate that belongs to nobody."""

    def plant(patch: pytest.MonkeyPatch, walk: Walk) -> None:
        loose = replace(aggregate, company_of=lambda state: None)
        patch.setitem(table, name, CommandHandler(table[name].schema, changes(loose, field, decide)))

    return plant


def _for_everybody(endpoint: str, query: Any) -> Callable[[pytest.MonkeyPatch, Walk], None]:
    """A page of staff without its role, and its query for every role."""

    def plant(patch: pytest.MonkeyPatch, walk: Walk) -> None:
        patch.setitem(walk.parts.access, endpoint, Access())
        patch.setattr(query, "role", ("agent", *query.role))

    return plant


def _for_all_signed_in(endpoint: str) -> Callable[[pytest.MonkeyPatch, Walk], None]:
    """A page of staff for everybody who is signed in."""
    return lambda patch, walk: patch.setitem(walk.parts.access, endpoint, Access())


def _no_end(patch: pytest.MonkeyPatch, walk: Walk) -> None:
    """People without last days; and nobody is remembered with or without."""
    patch.setattr(people, "ends_of", lambda text: {})
    patch.setattr(walk.parts.reads, "memo", lambda key, services, make: make())


def _first_company(patch: pytest.MonkeyPatch, walk: Walk) -> None:
    """Whoever is of several companies sees the first one's, whichever they stand in."""
    patch.setattr(people, "_standing", lambda reads, person, company, today: person)
    patch.setattr(walk.parts.reads, "memo", lambda key, services, make: make())


def _route(*rows: str) -> Callable[[Walk], list[str]]:
    return lambda walk: walk.routes(rows)


def _without_an_end(patch: pytest.MonkeyPatch, walk: Walk) -> None:
    """Who somebody is, worked out without last days, and not kept for after the plant."""
    patch.setattr(people, "_in_force", lambda reads, row, today: people._set(row.permissions))
    patch.setattr(walk.parts.reads, "memo", lambda key, services, make: make())


def _everybodys_menu(patch: pytest.MonkeyPatch, walk: Walk) -> None:
    sql = ownmenu._MINE.sql.replace("m.company = :company", "m.company <> :company || ' '")
    assert sql != ownmenu._MINE.sql
    patch.setattr(ownmenu._MINE, "sql", sql)


def _wide_search(index: Index, company: str | None = None) -> Callable[[pytest.MonkeyPatch, Walk], None]:
    """A search that neither the index nor its statements narrow to branches, or to the company."""

    def plant(patch: pytest.MonkeyPatch, walk: Walk) -> None:
        def match(wanted: Wanted, own: str, kind: str, branches: Any = None) -> str:
            return match_of(company or own, wanted.asked, kind)

        patch.setattr(Wanted, "match", match)
        for query in index.statements:
            sql = query.sql.replace(":branches IS NULL OR", "1 = 1 OR :branches IS NULL OR")
            sql = sql.replace("w.company = :company", ":company <> ''") if company else sql
            assert sql != query.sql or query is index.count
            patch.setattr(query, "sql", sql)

    return plant


PLANTS = (
    Plant(
        "search, branch",
        _wide_search(customers.WORDS["invoice"]),
        _route("GET /search"),
        "GET /search as south: shows north's invoice.number",
    ),
    Plant(
        "search, company",
        _wide_search(customers.CASES, ALL_COMPANIES),
        _route("GET /search #case"),
        "GET /search #case as east: shows alder's case.summary",
    ),
    Plant("identity, own menu", _everybodys_menu, _route("GET /info/<entry>"), "GET /info/<entry> as east: 200"),
    Plant(
        "payments",
        _no_company(kinds.DOCUMENT["invoice"]),
        _route("GET /invoices/<path:number>"),
        "GET /invoices/<path:number> as east: 200",
    ),
    Plant(
        "payments, branch", _no_branch(account.ITEMS), _route("GET /balance"), "GET /balance as south: shows north's"
    ),
    Plant(
        "payments on a day, branch",
        _no_branch(figures.PAST_ITEMS),
        _route("GET /balance/past"),
        "GET /balance/past as south: shows north's",
    ),
    Plant(
        "payments, what was paid",
        lambda patch, walk: patch.setattr(documents, "_applied", lambda scope, all_of: all_of),
        _route("GET /payments/<path:number>"),
        "GET /payments/<path:number> as owner: shows south's invoice.number",
    ),
    Plant(
        "orders",
        _no_company(kinds.DOCUMENT["order"]),
        _route("GET /orders/<path:number>"),
        "GET /orders/<path:number> as east: 200",
    ),
    Plant(
        "the chain of documents",
        _no_branch(kinds.VISIBLE["invoice"]),
        _route("GET /orders/<path:number>"),
        "GET /orders/<path:number> as owner: shows south's invoice.number",
    ),
    Plant(
        "a document as a PDF",
        _no_company(kinds.DOCUMENT["credit_memo"]),
        _route("GET /credit-memos/<path:number>/pdf"),
        "GET /credit-memos/<path:number>/pdf as east: 200",
    ),
    Plant(
        "orders, command",
        _handler(ORDERS, "CancelOrder", ORDER, "order", orders.decide_cancel_order),
        lambda walk: at_the_services(walk.world, ["orders.CancelOrder"]),
        "orders.CancelOrder as theirs: done",
    ),
    Plant("cases", _no_company(support._CASE), _route("GET /support/<number>"), "GET /support/<number> as east: 200"),
    Plant(
        "cases, list",
        # Looked up when it is planted: a variant is not kept for ever.
        lambda patch, walk: _no_company(report_of_cases.LIST.variant(order="updated_down"))(patch, walk),
        _route("GET /support"),
        "GET /support as east: shows alder's case",
    ),
    Plant(
        "projects, timeline",
        lambda patch, walk: [_no_company(query)(patch, walk) for query in (support._PROJECT, timeline.OF_PROJECT)],
        _route("GET /projects/<path:number>"),
        "GET /projects/<path:number> as east: shows alder's project.before",
    ),
    Plant(
        "identity",
        lambda patch, walk: patch.setattr(people, "_BRANCHES", people._BRANCHES.replace("company =", "'' <>")),
        _route("GET /settings"),
        "GET /settings as whole: shows east's branch.name",
    ),
    Plant("identity, last days", _no_end, _route("GET /invoices"), "GET /invoices as lapsed: 200"),
    Plant(
        "identity, mails",
        _for_everybody("mailtexts.sender", mailtexts._SENDERS),
        _route("GET /mails/sender"),
        "GET /mails/sender as agent: 200",
    ),
    Plant(
        "identity, outbox",
        _for_all_signed_in("mails.outbox_mail"),
        _route("GET /outbox/<key>"),
        "GET /outbox/<key> as south: asks identity.outbox",
    ),
    Plant(
        "identity, command",
        lambda patch, walk: patch.setitem(
            IDENTITY, "ChangeMailSender", CommandHandler(schemas.ChangeMailSenderShape, editing.change_sender)
        ),
        lambda walk: at_the_services(walk.world, ["identity.ChangeMailSender"]),
        "identity.ChangeMailSender as mine: done",
    ),
    Plant(
        "identity, rights that lapsed",
        _without_an_end,
        _route("GET /invoices"),
        "GET /invoices as lapsed: 200",
    ),
    Plant(
        "licensing",
        _no_company(addons._PRODUCTS),
        _route("GET /add-ons"),
        "GET /add-ons as east: shows alder's product",
    ),
    Plant(
        "erp_sync",
        _for_everybody("sync.postings", sync._POSTINGS),
        _route("GET /sync/postings"),
        "GET /sync/postings as agent: 200",
    ),
    Plant(
        "erp_sync, command",
        _handler(POSTINGS, "WithdrawPosting", POSTING, "reference", postings.decide_withdraw_posting),
        lambda walk: at_the_services(walk.world, ["erp_sync.WithdrawPosting"]),
        "erp_sync.WithdrawPosting as theirs: done",
    ),
    Plant(
        "the gateway's permissions",
        lambda patch, walk: patch.setitem(SENT_BY_PAGES, "cases.OpenCase", Access()),
        lambda walk: through_the_gateway(walk, ["cases.OpenCase"]),
        "cases.OpenCase as plain: done",
    ),
    Plant(
        "a command sent while looking as another",
        lambda patch, walk: patch.setattr(access, "refuse_viewers", lambda scope: None),
        lambda walk: through_the_gateway(walk, ["cases.OpenCase"]),
        "cases.OpenCase as viewer: done",
    ),
    Plant(
        "a form sent while looking as another",
        lambda patch, walk: [patch.setattr(place, "refuse_viewers", lambda scope: None) for place in (access, app)],
        _route("POST /support/new"),
        "POST /support/new as viewer: 302",
    ),
    Plant(
        "the company that somebody stands in",
        _first_company,
        _route("GET /invoices"),
        "GET /invoices as both: shows east's invoice.number",
    ),
    Plant(
        "the cache of fragments",
        lambda patch, walk: patch.setattr(
            fragments, "key_of", lambda name, models, personal, scope, extra: (name, models, extra)
        ),
        _route("GET /"),
        "GET / as south: shows north's",
    ),
    Plant(
        "the live server",
        lambda patch, walk: patch.setattr(live.Live, "versions", lambda own, company: own.reads.versions("*")),
        lambda walk: walk.live(),
        "LIVE /events as east: is told of what others did",
    ),
)
