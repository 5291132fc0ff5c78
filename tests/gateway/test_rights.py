"""What a contact may do, by permissions and roles that may end, holds at once; saved is only what was shown."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chassis.errors import NotAllowed
from gateway.parts import parts
from gateway.people import PEOPLE_MODEL, load_person
from gateway.rights.given import Rights
from gateway.rights.preview import contact_changes
from services.cases.projections import PROJECTIONS as cases
from services.identity.projections.delegations import DELEGATIONS
from services.identity.projections.memberships import MEMBERSHIPS
from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import CUSTOMER, STAFF, Ground, post, token
from tests.gateway.test_scope import asking

BUYER = "R-BUYR-0001"
EARLIEST, LATEST = ZoneInfo("Pacific/Niue"), ZoneInfo("Pacific/Kiritimati")
"""Two zones that never have the same date."""
CONTACT = f"/contacts/{CUSTOMER}"
UUID_7 = "6f3b3d0e-5d5c-5b0e-9a54-1f0a3c6c7f27"


def ann(
    ground: Ground, *permissions: str, roles: tuple[str, ...] = (), branches: tuple[str, ...] | None = None, **ends: str
) -> None:
    """Say what Ann was given; a role's end by the word `buyer`."""
    days = {BUYER if grant == "buyer" else grant: day for grant, day in ends.items()}
    ground.person(
        CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions, granted=roles, branches=branches, ends=days
    )


def in_zone(ground: Ground, zone: ZoneInfo) -> date:
    """Move the portal to another time zone; the business day it is there."""
    with ground.app.app_context():
        found = parts()
        found.gateway = replace(found.gateway, timezone=zone)
        return found.gateway.today()


def test_a_role_opens_what_it_is_made_of_until_it_is_changed_or_removed(ground: Ground) -> None:
    ground.role(BUYER, "Buyer", ("report_orders", "report_invoices"))
    ann(ground, "open_cases", roles=(BUYER, "R-GONE-0001"))
    browser = ground.signed_in()
    assert 'href="/invoices"' in browser.get("/").text
    assert browser.get("/invoices").status_code != 403
    ground.role(BUYER, "Buyer", ("report_orders",))
    page = browser.get("/").text
    assert 'href="/invoices"' not in page
    assert 'href="/orders"' in page
    assert browser.get("/invoices").status_code == 403
    ground.models["identity"].execute("DELETE FROM roles_v2 WHERE role = ?", (BUYER,))
    assert browser.get("/orders").status_code == 403
    assert browser.get("/support").status_code != 403


@pytest.mark.parametrize("grant", ["permission", "role"])
def test_what_ends_is_gone_at_midnight_of_the_portals_zone_from_an_open_session(ground: Ground, grant: str) -> None:
    ground.role(BUYER, "Buyer", ("report_invoices",))
    last_day = in_zone(ground, EARLIEST).isoformat()
    if grant == "role":
        ann(ground, "report_orders", roles=(BUYER,), buyer=last_day)
    else:
        ann(ground, "report_orders", "report_invoices", report_invoices=last_day)
    browser = ground.signed_in()
    assert 'href="/invoices"' in browser.get("/").text
    assert browser.get("/invoices").status_code != 403
    assert in_zone(ground, LATEST) > date.fromisoformat(last_day)
    page = browser.get("/").text
    assert 'href="/invoices"' not in page, "the kept frame and home are another day's"
    assert 'href="/orders"' in page
    assert browser.get("/invoices").status_code == 403


def test_the_last_day_is_a_day_it_is_in_force(ground: Ground) -> None:
    ann(ground, "pay", pay="2026-12-31")
    with ground.app.app_context():
        reads = parts().reads
        last = date(2026, 12, 31)
        on, after = (load_person(reads, CUSTOMER, day) for day in (last, last + timedelta(days=1)))
        reads.end()
    assert on is not None
    assert after is not None
    assert (on.permissions, after.permissions) == ({"pay"}, frozenset())


def test_every_customers_page_hears_of_a_change_of_rights(ground: Ground) -> None:
    browser = ground.signed_in()
    for path in ("/", "/settings", "/support"):
        page = html.unescape(browser.get(path).text)
        versions = re.search(r'data-live-versions="(\{[^}]*\})"', page.replace('""', '"'))
        assert versions is not None, path
        assert '"identity.people_v3"' in versions.group(1), path
        assert '"identity.roles_v2"' in versions.group(1), path


def test_the_branch_drop_down_is_there_where_there_is_a_choice(ground: Ground) -> None:
    browser = ground.signed_in()
    assert "Show figures of" not in browser.get("/").text
    for key, name in (("N", "North"), ("S", "South"), ("W", "West")):
        ground.branch("C-A", key, name)
    ground.company("C-A", "Aldergrove Ltd")
    ann(ground, "report_orders", branches=("N", "S"))
    page = browser.get("/").text
    assert "Show figures of" in page
    assert "North" in page
    assert "West" not in page
    ann(ground, "report_orders", branches=("N",))
    assert "Show figures of" not in browser.get("/").text


@pytest.fixture
def branched(ground: Ground) -> Ground:
    """Ann's company with 212 orders of branch North, three of South and two of none."""
    ground.branch("C-A", "N", "North")
    ground.branch("C-A", "S", "South")
    for name in ("roles", "rights_history"):
        ground.models["identity"].move(name, "*", 10)
    ground.model("cases", cases)
    model = ground.model("orders", orders)
    for branch, count in (("N", 212), ("S", 3), ("", 2)):
        key = {"company": "C-A", "kind": "order", "month": "2026-05", "branch": branch}
        model.put(ORDERS.months, **key, currency="EUR", status="open", count=count)
    return ground


def changes(ground: Ground, before: Rights, after: Rights) -> list[str]:
    """What the preview says to the admin."""
    with asking(ground, "sam@s.example") as scope:
        names = {"N": "North", "S": "South"}
        return [line.text for line in contact_changes(scope, "C-A", before, after, names, {BUYER: "Buyer"})]


SEES_ORDERS = Rights(frozenset({"report_orders"}))
NORTH = replace(SEES_ORDERS, branches=("N",))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (NORTH, Rights(branches=("N",)), "Orders report: could see 212 orders of branch North; will see none."),
        (Rights(), SEES_ORDERS, "Orders report: will see 217 orders of all branches; sees none now."),
        (SEES_ORDERS, NORTH, "could see 217 orders of all branches; will see 212 orders of branch North."),
        (NORTH, replace(NORTH, branches=("S",)), "will see 3 orders of branch South"),
        (Rights(), Rights(frozenset({"order"})), "Will be able to: Place orders."),
        (Rights(frozenset({"order"})), Rights(), "Will no longer be able to: Place orders."),
        (Rights(), Rights(frozenset({"open_cases"})), "Support cases: will see 0 support cases; sees none now."),
        (Rights(), Rights(roles=frozenset({BUYER})), "Gets the role “Buyer”."),
    ],
)  # fmt: skip
def test_a_preview_says_what_changes_with_the_reports_own_figures(
    branched: Ground, before: Rights, after: Rights, said: str
) -> None:
    assert any(said in line for line in changes(branched, before, after))


def test_a_preview_counts_what_the_report_shows(branched: Ground) -> None:
    ann(branched, "report_orders", branches=("S", "N"))
    order = {"company": "C-A", "kind": "order", "key": "W-1", "number": "W-1", "date": "2026-05-01", "branch": "N"}
    branched.models["orders"].put(ORDERS.documents, **order, currency="EUR", status="open")
    report = branched.signed_in().get("/orders").text
    (said,) = changes(branched, replace(SEES_ORDERS, branches=("S", "N")), Rights())
    assert "215 orders of the branches South, North" in said
    assert "of 215" in report


def test_a_preview_says_a_change_of_branches_of_which_nothing_is_counted(branched: Ground) -> None:
    before = Rights(frozenset({"order"}))
    assert changes(branched, before, replace(before, branches=("N",))) == [
        "What they may do was of all branches; will be of branch North."
    ]


def test_what_an_admin_may_hand_out_is_set_for_each_of_their_companies(branched: Ground) -> None:
    there = {"contact_id": CUSTOMER, "company": "C-B", "roles": "[]", "ends": "{}"}
    branched.models["identity"].put(MEMBERSHIPS, **there, permissions='["company_admin"]')
    handed = {"contact_id": CUSTOMER, "company": "C-B", "permissions": '["report_invoices"]', "appoints": False}
    branched.models["identity"].put(DELEGATIONS, **handed)
    ann(branched, "company_admin")
    admin, page = branched.signed_in("sam@s.example"), f"{CONTACT}/companies/C-B"
    ticked = re.compile(r'checked[^>]*value="report_invoices"')
    shown = admin.get(page).text
    form = shown[shown.index('aria-labelledby="delegation"') :]
    assert ticked.search(form)
    home = admin.get(CONTACT).text
    assert not ticked.search(home[home.index('aria-labelledby="delegation"') :])
    for company, back in (("C-B", page), ("C-A", CONTACT)):
        fields = {"company": company, "own": "0", "permissions": ["order"], "command_id": UUID_7}
        answer = post(admin, page, f"{CONTACT}/delegation", **fields)
        assert answer.headers["Location"] == back
        payload = branched.commands.sent[-1][2]
        assert payload == {
            "contact_id": CUSTOMER,
            "in_company": company,
            "permissions": ["order"],
            "appoints": False,
        }
    branched.models["identity"].put(MEMBERSHIPS, **there, permissions='["order"]')
    assert 'aria-labelledby="delegation"' not in admin.get(page).text, "no admin of it"


def test_a_preview_says_nothing_where_nothing_changes(branched: Ground) -> None:
    branched.role(BUYER, "Buyer", ("report_orders",))
    doubly = replace(SEES_ORDERS, roles=frozenset({BUYER}))
    assert changes(branched, SEES_ORDERS, SEES_ORDERS) == []
    assert changes(branched, doubly, SEES_ORDERS) == ["Loses the role “Buyer”."], (
        "the permission is still given directly"
    )


def test_a_preview_names_what_is_not_licensed_and_what_ends(branched: Ground) -> None:
    branched.unlicense("order_pad", "*")
    given = Rights(frozenset({"order"}), ends={"order": date(2026, 12, 31)})
    assert changes(branched, Rights(), given) == [
        "“Place orders” ends by itself after 31 Dec 2026.",
        "“Place orders” opens nothing while its feature is switched off or not licensed for the company.",
    ]


def test_nobody_but_a_portal_admin_sees_with_anothers_eyes(branched: Ground) -> None:
    branched.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("agent",))
    with pytest.raises(NotAllowed):
        changes(branched, Rights(), SEES_ORDERS)


def fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's own form, the one with a preview."""
    forms = page.text.partition("<main")[2].split("<form")
    form = next(one for one in forms if 'name="previewed"' in one)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def press(browser: FlaskClient, path: str, page: TestResponse, step: str, **values: object) -> TestResponse:
    """Send the page's form with these values and one of its buttons."""
    return browser.post(path, data={**fields(page), "csrf_token": token(page), "step": step, **values})


def test_only_what_was_previewed_is_saved(branched: Ground) -> None:
    admin = branched.signed_in("sam@s.example")
    ann(branched, "report_orders")
    values = {"permissions": ["report_orders", "open_cases"], "branches": ["N"], "until-open_cases": "2199-12-31"}
    opened = admin.get(CONTACT)
    assert "Save permissions" not in opened.text
    shown = press(admin, CONTACT, opened, "save", **values)
    assert "of branch North" in shown.text
    assert branched.commands.sent == [], "saving what nobody has seen shows it"
    other = press(admin, CONTACT, shown, "save", **{**values, "branches": ["S"]})
    assert "3 orders of branch South" in other.text
    assert branched.commands.sent == [], "what was shown is not what was sent"
    ann(branched, "report_orders", "see_balance")
    assert press(admin, CONTACT, other, "save", **{**values, "branches": ["S"]}).status_code == 200
    assert branched.commands.sent == [], "somebody changed the contact meanwhile"
    ann(branched, "report_orders")
    again = press(admin, CONTACT, other, "preview", **values)
    assert press(admin, CONTACT, again, "save", **values).status_code == 302
    [(service, name, payload, context)] = branched.commands.sent
    assert (service, name) == ("identity", "SetPermissions")
    assert payload == {
        "contact_id": CUSTOMER,
        "permissions": ["open_cases", "report_orders"],
        "branches": ["N"],
        "roles": [],
        "ends": {"open_cases": "2199-12-31"},
    }
    assert str(context.command_id) == fields(opened)["command_id"]


def test_a_role_removed_while_the_form_was_open_is_named(branched: Ground) -> None:
    branched.role(BUYER, "Buyer", ("order",))
    admin = branched.signed_in("sam@s.example")
    opened = admin.get(CONTACT)
    branched.models["identity"].execute("DELETE FROM roles_v2 WHERE role = ?", (BUYER,))
    page = press(admin, CONTACT, opened, "preview", roles=[BUYER])
    assert page.status_code == 422
    assert f"was removed meanwhile ({BUYER})" in html.unescape(page.text)


@pytest.mark.parametrize(("day", "said"), [("2020-01-01", "is past"), ("31.12.2199", "not a date")])
def test_a_last_day_that_cannot_be_is_named(branched: Ground, day: str, said: str) -> None:
    admin = branched.signed_in("sam@s.example")
    page = press(admin, CONTACT, admin.get(CONTACT), "preview", permissions=["order"], **{"until-order": day})
    assert page.status_code == 422
    assert said in page.text
    assert day in page.text, "what was typed is not lost"


def test_what_has_ended_has_no_tick_and_what_is_not_offered_stays(branched: Ground) -> None:
    ann(branched, "pay", "order", "open_cases", order="2020-01-01", pay="2199-12-31")
    admin = branched.signed_in("sam@s.example")
    opened = admin.get(CONTACT)
    assert "ended after 1 Jan 2020" in opened.text
    shown = press(admin, CONTACT, opened, "preview", permissions=["see_balance"])
    assert press(admin, CONTACT, shown, "save", permissions=["see_balance"]).status_code == 302
    payload = branched.commands.sent[-1][2]
    assert (payload["permissions"], payload["ends"]) == (["see_balance", "pay"], {"pay": "2199-12-31"})


def test_a_role_is_changed_and_removed_after_its_holders_were_shown(branched: Ground) -> None:
    branched.role(BUYER, "Buyer", ("report_orders", "order"))
    ann(branched, "order", roles=(BUYER,))
    branched.person("K-101", "C-A", "al@a.example", "Al Ash", (), granted=(BUYER,))
    branched.person("K-102", "C-A", "ed@a.example", "Ed Elm", (), granted=(BUYER,), ends={BUYER: "2020-01-01"})
    admin = branched.signed_in("sam@s.example")
    page = admin.get(f"/roles/{BUYER}/remove")
    for said in ("1 contact loses: Place orders.", "2 contacts lose: Orders report.", "2 contacts have this role"):
        assert said in page.text
    assert "Ed Elm" not in page.text
    branched.person("K-103", "C-B", "cy@b.example", "Cy Cole", (), granted=(BUYER,))
    page = press(admin, f"/roles/{BUYER}/remove", page, "")
    assert "3 contacts have this role" in page.text
    assert branched.commands.sent == [], "one more has it than was shown"
    assert press(admin, f"/roles/{BUYER}/remove", page, "").status_code == 302
    assert branched.commands.sent[-1][1:3] == ("RemoveRole", {"role": BUYER})
    changed = {"name": "Buyer", "permissions": ["report_orders", "report_invoices"]}
    page = press(admin, f"/roles/{BUYER}", admin.get(f"/roles/{BUYER}"), "preview", **changed)
    assert "3 contacts gain: Invoices report." in page.text
    assert "2 contacts lose: Place orders." in page.text
    assert press(admin, f"/roles/{BUYER}", page, "save", **changed).status_code == 302
    assert branched.commands.sent[-1][1:3] == ("ChangeRole", {"role": BUYER, **changed})


def test_roles_are_defined_on_a_page_for_portal_admins(branched: Ground) -> None:
    admin = branched.signed_in("sam@s.example")
    assert "Not used yet" in admin.get("/roles/new").text
    sent = post(admin, "/roles/new", "/roles/new", command_id="0" * 32, name="Buyer", permissions=["order"])
    assert sent.status_code == 302
    assert branched.commands.sent[-1][1:3] == ("DefineRole", {"name": "Buyer", "permissions": ["order"]})
    assert admin.get("/roles/R-NONE-0000").status_code == 404
    branched.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("agent",))
    for path in ("/roles", "/roles/new", f"/roles/{BUYER}", f"{CONTACT}/history", "/companies/C-A/rights"):
        assert admin.get(path).status_code == 403, path


def test_the_model_is_the_one_of_the_contract() -> None:
    assert PEOPLE_MODEL == "identity.people_v3"


def test_who_has_a_permission_until_a_day_gives_it_until_then_at_the_latest(ground: Ground) -> None:
    ann(ground, "open_cases", "company_admin", open_cases="2199-12-24")
    path = "/company/contacts/new"
    browser = ground.signed_in()
    page = browser.get(path)
    assert 'name="until-open_cases" value="2199-12-24"' in page.text, "what the form offers can be sent as it is"
    assert "Yours ends after 24 Dec 2199" in html.unescape(page.text)
    form = {"name": "Nora", "email": "nora@a.example", "permissions": ["open_cases"]}
    for day in ("", "2199-12-25"):
        refused = post(browser, path, path, **form, **{"until-open_cases": day})
        assert "Support cases: yours ends after 24 Dec 2199. Choose that day or an earlier one." in html.unescape(
            refused.text
        )
        assert 'value="nora@a.example"' in refused.text
    assert ground.commands.sent == []
    assert post(browser, path, path, **form, **{"until-open_cases": "2199-12-24"}).status_code == 302
    assert ground.commands.sent[-1][2]["ends"] == {"open_cases": "2199-12-24"}
