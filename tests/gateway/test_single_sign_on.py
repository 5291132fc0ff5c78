"""OpenID Connect: a real provider's people come in by the mapping, and no token is believed but this log-in's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey

from chassis.codec import loads
from chassis.errors import Unavailable
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.single_sign_on import provider as sso
from services.identity.contract import CONTACTS_TABLE, MEMBERSHIPS_TABLE
from services.identity.single_sign_on import settings
from services.identity.single_sign_on.settings import SETTING
from tests.gateway.ground import PASSWORD, Ground, post
from tests.support.inprocess import Services
from tests.support.provider import BentProvider, log_in_there, real_provider, tell

HOLLIS, FJORD = "C100", "C200"


class Office:
    """The services and a gateway, with two companies, a role and a real provider."""

    def __init__(self, services: Services, issuer: str, folder: Path) -> None:
        self.services, self.issuer = services, issuer
        for key in (HOLLIS, FJORD):
            services.record(
                "identity", key, [{"kind": "company", "key": key, "body": {"name": key, "currency": "EUR"}}]
            )
        services.record("identity", FJORD, [{"kind": "branch", "key": "OSL", "body": {"name": "Oslo"}}])
        staff = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin"]}
        self.admin = services.send("identity", "CreateStaff", staff)["id"]
        role = {"name": "Buyer", "permissions": ["order"]}
        services.send("identity", "DefineRole", role, actor=self.admin)
        (folder / "secret").write_text("hush\n")
        self.file = folder / "providers.yaml"
        self.write()
        self.app: Flask = create_app(
            services.settings, GatewaySettings.from_env({}), rpc=services, commands=services.commands
        )

    def write(self, **changes: Any) -> None:
        """Write the file of providers, with changes to the one there is."""
        buyers = {"group": "buyers", "company": HOLLIS, "permissions": ["open_cases"], "roles": ["Buyer"]}
        provider = {
            "key": "hollis",
            "name": "Hollis account",
            "issuer": self.issuer,
            "client_id": "portico",
            "secret_file": str(self.file.with_name("secret")),
            "companies": [HOLLIS],
            "scopes": ["openid", "email", "profile", "groups"],
            "rules": [buyers],
        }
        self.file.write_text(yaml.safe_dump({"providers": [{**provider, **changes}]}))
        providers_again()

    def contact(self, email: str, company: str = HOLLIS) -> str:
        """A contact without a password."""
        form = {"for_company": company, "name": "Hanna Weiss", "email": email}
        return str(self.services.send("identity", "CreateContact", form)["id"])

    def comes(self, subject: str, *, next_page: str = "", **claims: Any) -> tuple[FlaskClient, Any]:
        """A browser in which somebody went to the provider and back, and the answer to that."""
        tell(self.issuer, subject, **claims)
        browser = self.app.test_client()
        sent = browser.get(f"/login/with/hollis?next={next_page}")
        assert sent.status_code == 302
        back = urlsplit(log_in_there(sent.location, subject))
        return browser, browser.get(f"{back.path}?{back.query}")

    def rights_of(self, email: str) -> tuple[str, list[str], list[str], tuple[list[str], list[str] | None]]:
        """Whose address it is; permissions and roles in their first company, permissions and branches in Fjord."""
        self.services.settle()
        with self.services.reading("identity") as execute:
            (row,) = execute(f"SELECT contact_id, permissions, roles FROM {CONTACTS_TABLE} WHERE email = ?", (email,))
            sql = f"SELECT permissions, branches FROM {MEMBERSHIPS_TABLE} WHERE contact_id = ? AND company = ?"
            there = [tuple(one) for one in execute(sql, (row[0], FJORD))]
        permissions, branches = there[0] if there else ("[]", None)
        return row[0], loads(row[1]), loads(row[2]), (loads(permissions), branches and loads(branches))

    def rights(self, email: str) -> tuple[str, str]:
        """Company and roles of who has the address."""
        self.services.settle()
        with self.services.reading("identity") as execute:
            (row,) = execute(f"SELECT company, roles FROM {CONTACTS_TABLE} WHERE email = ?", (email,))
        return str(row[0]), str(row[1])


def providers_again() -> None:
    """Forget what was read and asked, as a new process would."""
    settings._read.cache_clear()
    sso._known.clear()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, for all tests of the module."""
    folder = tmp_path_factory.mktemp("sso")
    services = Services(folder)
    with real_provider(folder) as issuer, services.at_home(), pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, str(folder / "providers.yaml"))
        yield Office(services, issuer, folder)
        providers_again()
    services.close()


def test_a_contact_with_the_proven_address_comes_in_where_they_were_going(office: Office) -> None:
    office.contact("hanna@hollis.example")
    claims: dict[str, Any] = {"email": "Hanna@hollis.example", "email_verified": True}
    browser, answer = office.comes("u1", next_page="/settings", **claims)
    assert (answer.status_code, answer.location) == (302, "/settings")
    office.services.settle()
    page = browser.get("/settings")
    assert "Hanna Weiss" in page.text
    assert "by single sign-on" in page.text
    again, answer = office.comes("u1", email="renamed@hollis.example", email_verified=False)
    assert answer.location == "/", "from then on by the provider's own name for them"


def test_who_left_the_portal_ends_the_providers_session_by_a_link(office: Office) -> None:
    office.contact("leaves@hollis.example")
    browser, _answer = office.comes("u2", email="leaves@hollis.example", email_verified=True)
    office.services.settle()
    answer = post(browser, "/settings", "/logout")
    assert answer.location == "/login"
    page = browser.get("/login").text
    assert f'href="{office.issuer}/oauth2/end_session?client_id=portico' in page
    assert browser.get("/settings").status_code == 302
    assert "end_session" not in browser.get("/login").text, "said once"


def test_one_whom_a_rule_brings_is_made_with_what_it_gives(office: Office) -> None:
    email = "new@hollis.example"
    claims: dict[str, Any] = {"email": email, "email_verified": True, "name": "Nia New", "groups": ["people", "buyers"]}
    browser, answer = office.comes("u3", **claims)
    assert (answer.status_code, answer.location) == (302, "/")
    company, roles = office.rights(email)
    assert company == HOLLIS
    assert re.fullmatch(r'\["R-[^"]+"\]', roles)
    assert "Nia New" in browser.get("/settings").text
    assert office.comes("u3", **claims)[1].location == "/", "and once"


def test_one_whom_a_rule_brings_gets_it_all_whenever_the_service_dies_on_the_way(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = office.services.tools["identity"].repository
    append, left = repository.append, 0

    async def dies(*args: Any, **more: Any) -> Any:
        nonlocal left
        reply = await append(*args, **more)
        left -= 1
        if left == 0:
            raise Unavailable("It is dead, and what it appended is there.")
        return reply

    monkeypatch.setattr(repository, "append", dies)
    for one in range(1, 6):  # reserved, made, confirmed, linked; the last one lives
        email, left = f"new{one}@hollis.example", one
        told = {"provider": "hollis", "subject": f"dies{one}", "email": email, "verified": True, "groups": ["buyers"]}
        with suppress(Unavailable):
            office.services.call("identity", "single_sign_on", told)
        died, left = left == 0, 0
        assert died == (one < 5)
        assert office.services.call("identity", "single_sign_on", told)["status"] == "done"
        assert re.fullmatch(r'\["R-[^"]+"\]', office.rights(email)[1]), f"killed after append {one}"


def test_each_sign_in_gives_what_the_groups_say_then_where_the_mapping_says_so(office: Office) -> None:
    email = "moves@hollis.example"
    claims: dict[str, Any] = {"email": email, "email_verified": True, "name": "Mo Moves"}
    rules = [
        {"group": "buyers", "company": HOLLIS, "permissions": ["open_cases"], "roles": ["Buyer"]},
        {"group": "clerks", "company": HOLLIS, "permissions": ["see_balance"]},
        {"group": "clerks", "company": FJORD, "permissions": ["report_orders"], "branches": ["OSL"]},
    ]
    office.write(rules=rules, rules_at="each sign-in", companies=[HOLLIS, FJORD])
    office.comes("u9", **claims, groups=["buyers"])
    contact = office.rights_of(email)[0]
    office.services.send(
        "identity",
        "AddToCompany",
        {"contact_id": contact, "to_company": FJORD, "permissions": ["order"]},
        actor=office.admin,
    )
    for groups, here, there in (
        (["clerks"], ["see_balance"], (["report_orders"], ["OSL"])),
        (["clerks"], ["see_balance"], (["report_orders"], ["OSL"])),
        (["guests"], [], ([], ["OSL"])),
    ):
        assert office.comes("u9", **claims, groups=groups)[1].status_code == 302
        assert office.rights_of(email) == (contact, here, [], there)
    office.write()
    assert office.comes("u9", **claims, groups=["buyers"])[1].status_code == 302
    assert office.rights_of(email)[1] == [], "once, as the file says now"
    with office.services.reading("identity") as execute:
        sql = "SELECT company, kind, actor FROM rights_changes_v3 WHERE contact_id = ? AND actor LIKE 'sso:%'"
        told = [tuple(row) for row in execute(f"{sql} AND kind <> 'signed_up' ORDER BY position", (contact,))]
    changed = (HOLLIS, "permissions", "sso:hollis")
    again = [changed, (FJORD, "member", "sso:hollis")]
    assert told == [(HOLLIS, "created", "sso:hollis"), changed, *again, *again]
    office.write(staff=True)
    admin, _answer = office.comes("ada", email="ada@supplier.example", email_verified=True)
    assert "Hollis account (single sign-on)" in admin.get(f"/contacts/{contact}/history").text


def test_admins_read_what_the_file_says_and_how_the_last_log_ins_went(office: Office) -> None:
    unknown = {"company": HOLLIS, "permissions": [], "roles": ["Nobody's"]}
    buyers = {"group": "buyers", "company": HOLLIS, "permissions": ["order"], "branches": ["NORTH"]}
    office.write(rules=[buyers, unknown], rules_at="each sign-in", staff=True)
    admin, _answer = office.comes("ada", email="ada@supplier.example", email_verified=True)
    page = admin.get("/administration/sign-in").text
    told = page[page.index('id="providers"') :].replace("<wbr>", "")
    for said in (
        *("Hollis account", office.issuer, "http://localhost/login/back/hollis", "C100; our staff, too"),
        *("at each log-in", "Group “buyers”", "Place orders", "(branches: NORTH)", "Everybody"),
        "There is no role called Nobody&#39;s",
    ):
        assert said in told, said
    worked = re.search(r"that worked</dt><dd>([^<]+)", told)
    assert worked is not None
    assert worked[1] != "none yet"
    office.comes("u-no", email="no@nowhere.example", email_verified=False)
    office.comes("ada", email="ada@supplier.example", email_verified=True)
    assert "did not confirm an e-mail address of yours" in admin.get("/administration/sign-in").text
    office.write()


def test_one_whom_no_rule_brings_is_told_what_to_do(office: Office) -> None:
    _browser, answer = office.comes("u4", email="stranger@hollis.example", email_verified=True, groups=["others"])
    assert answer.status_code == 403
    assert "has no account for you. Ask your company" in answer.text
    assert 'name="password"' in answer.text, "the way by password is there"


def test_an_address_nobody_proved_lets_nobody_in(office: Office) -> None:
    office.contact("unproven@hollis.example")
    for verified in (False, None, "true"):
        claims: dict[str, Any] = {} if verified is None else {"email_verified": verified}
        _browser, answer = office.comes("u5", email="unproven@hollis.example", **claims)
        assert answer.status_code == 403
        assert "did not confirm an e-mail address" in answer.text


def test_a_provider_speaks_for_its_companies_alone_and_not_for_staff(office: Office) -> None:
    office.contact("hers@fjord.example", FJORD)
    for email in ("hers@fjord.example", "ada@supplier.example"):
        _browser, answer = office.comes(f"u-{email}", email=email, email_verified=True, groups=["buyers"])
        assert answer.status_code == 403
    office.write(companies=["*"], staff=True)
    for email in ("hers@fjord.example", "ada@supplier.example"):
        assert office.comes(f"u-{email}", email=email, email_verified=True)[1].status_code == 302
    office.write()
    for email in ("hers@fjord.example", "ada@supplier.example"):
        assert office.comes(f"u-{email}", email=email, email_verified=True)[1].status_code == 403


def test_a_deactivated_contact_stays_out_until_switched_on(office: Office) -> None:
    contact = office.contact("off@hollis.example")
    claims: dict[str, Any] = {"email": "off@hollis.example", "email_verified": True}
    assert office.comes("u6", **claims)[1].status_code == 302
    office.services.send("identity", "DeactivateContact", {"contact_id": contact})
    assert office.comes("u6", **claims)[1].status_code == 403
    office.services.send("identity", "ReactivateContact", {"contact_id": contact})
    browser, answer = office.comes("u6", **claims)
    assert answer.status_code == 302
    office.services.settle()
    assert browser.get("/settings").status_code == 200


def test_what_is_sent_has_a_challenge_and_leads_nowhere_else(office: Office) -> None:
    browser = office.app.test_client()
    sent = browser.get("/login/with/hollis?next=https://evil.example/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.location).query).items()}
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert asked["redirect_uri"] == "http://localhost/login/back/hollis"
    assert len({asked["state"], asked["nonce"]}) == 2
    office.contact("next@hollis.example")
    tell(office.issuer, "u7", email="next@hollis.example", email_verified=True)
    back = urlsplit(log_in_there(sent.location, "u7"))
    stolen = office.app.test_client().get(f"{back.path}?{back.query}")
    assert (stolen.status_code, "belongs to no log-in that was begun here" in stolen.text) == (400, True)
    answer = browser.get(f"{back.path}?{back.query}")
    assert (answer.status_code, answer.location) == (302, "/")
    assert browser.get(f"{back.path}?{back.query}").status_code == 400, "once"


def test_one_who_says_no_there_can_try_again(office: Office) -> None:
    browser = office.app.test_client()
    sent = browser.get("/login/with/hollis")
    back = urlsplit(log_in_there(sent.location, "u8", action="deny"))
    answer = browser.get(f"{back.path}?{back.query}")
    assert answer.status_code in (400, 401)
    assert 'href="/login/with/hollis"' in answer.text


@pytest.fixture
def bent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Ground, BentProvider]]:
    """A gateway over an identity of the test's, and a provider whose answers can be bent."""
    provider = BentProvider()
    (tmp_path / "secret").write_text("hush")
    listed = {"key": "bent", "name": "Bent", "issuer": provider.issuer, "client_id": "portico", "companies": ["*"]}
    listed["secret_file"] = str(tmp_path / "secret")
    (tmp_path / "providers.yaml").write_text(yaml.safe_dump({"providers": [listed]}))
    monkeypatch.setenv(SETTING, str(tmp_path / "providers.yaml"))
    providers_again()
    ground = Ground(tmp_path / "ground")
    yield ground, provider
    ground.close()
    provider.close()
    providers_again()


def come(ground: Ground, provider: BentProvider) -> Any:
    """Go to the bent provider and back."""
    browser = ground.browser()
    sent = browser.get("/login/with/bent")
    if sent.status_code != 302:
        return sent
    asked = parse_qs(urlsplit(sent.location).query)
    provider.nonce = asked["nonce"][0]
    return browser.get(f"/login/back/bent?code=c&state={asked['state'][0]}")


def test_a_token_that_is_right_lets_in_and_the_code_went_with_its_verifier(bent: tuple[Ground, BentProvider]) -> None:
    ground, provider = bent
    assert come(ground, provider).status_code == 302
    assert len(provider.forms[-1]["code_verifier"][0]) == 43
    told = next(payload for method, payload in ground.identity.calls if method == "single_sign_on")
    assert (told["subject"], told["email"], told["verified"]) == ("s-1", "ann@a.example", True)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another"},
        {"aud": ["portico", "another"]},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"nonce": "of another log-in"},
        {"nonce": None},
        {"sub": None},
    ],
)
def test_a_token_for_another_log_in_is_refused(bent: tuple[Ground, BentProvider], claims: dict[str, Any]) -> None:
    ground, provider = bent
    provider.claims = claims
    answer = come(ground, provider)
    assert (answer.status_code, "did not confirm this log-in" in answer.text) == (401, True)
    assert "single_sign_on" not in [method for method, _ in ground.identity.calls]


def test_a_token_by_another_key_is_refused_and_by_a_new_one_is_not(bent: tuple[Ground, BentProvider]) -> None:
    ground, provider = bent
    assert come(ground, provider).status_code == 302
    provider.published = provider.keys
    provider.keys = [RSAKey.generate_key(2048, {"kid": "two"})]
    assert come(ground, provider).status_code == 401
    provider.keys = [RSAKey.generate_key(2048, {"kid": "one"})]
    assert come(ground, provider).status_code == 401
    provider.published = None
    assert come(ground, provider).status_code == 302, "keys were changed there"


def test_a_provider_that_is_away_is_said_and_the_password_is_there(bent: tuple[Ground, BentProvider]) -> None:
    ground, provider = bent
    browser = ground.browser()
    sent = browser.get("/login/with/bent")
    state = parse_qs(urlsplit(sent.location).query)["state"][0]
    provider.status = 500
    answer = browser.get(f"/login/back/bent?code=c&state={state}")
    assert (answer.status_code, "does not answer as it should" in answer.text) == (503, True)
    providers_again()
    answer = ground.browser().get("/login/with/bent")
    assert (answer.status_code, 'name="password"' in answer.text) == (503, True)
    answer = post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD)
    assert answer.status_code == 302


def test_a_file_that_went_wrong_changes_nothing(bent: tuple[Ground, BentProvider], tmp_path: Path) -> None:
    ground, provider = bent
    assert come(ground, provider).status_code == 302
    (tmp_path / "providers.yaml").write_text("a: [")
    assert come(ground, provider).status_code == 302
