"""The walk: every visitor at every route, and what is found wrong, by route and visitor."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import orjson
import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from pypdf import PdfReader
from werkzeug.test import TestResponse

from chassis import rooms
from chassis.config import SERVICES
from gateway.access import Scope
from gateway.config import GatewaySettings
from gateway.live import create_live
from gateway.parts import Parts
from gateway.people import VIEWING
from gateway.websession import COOKIE
from tests.gateway.isolation.asked import Asked
from tests.gateway.isolation.marks import Mark
from tests.gateway.isolation.methods import METHODS_OF_STAFF
from tests.gateway.isolation.people import PASSWORD, Visitor
from tests.gateway.isolation.requests import REQUESTS
from tests.gateway.isolation.table import ROUTES, parsed
from tests.gateway.isolation.world import World

PORT = 8000
_BANNER = 'action="/view-as/end"'
DENIED = ("403", "404", "410", "401", "in")
_ONE_OFF = re.compile(r'(name="(?:csrf_token|command_id|resume)"[^>]* value=")[^"]*')
_PASSING = {"X-Correlation-Id", "Content-Length", "Set-Cookie"}


class Walk:
    """Everybody with a browser, signed in where they can be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.parts: Parts = world.app.extensions["portico"]
        self.seen: set[tuple[str, str]] = set()
        """The marks that stood in an answer to somebody whose they are."""
        self.answers: list[tuple[str, TestResponse]] = []
        """All answers, each with the row and the visitor it was for."""
        self.done: set[str] = set()
        """The commands that a page sent and that were done."""
        self.in_vain: set[tuple[str, str]] = set()
        """Those with a model that the page waits for then, and that reads nothing of what the command wrote."""
        self._wrong: list[str] | None = None
        self._tries = 0
        self._tokens: dict[str, str] = {}
        self.browsers = {name: world.app.test_client() for name in world.visitors}
        for name, visitor in world.visitors.items():
            page = self.browsers[name].get("/login")
            self._tokens[name] = _token(page)
            if visitor.signs_in:
                form = {"csrf_token": _token(page), "email": visitor.email, "password": PASSWORD}
                answer = self.browsers[name].post("/login", data=form)
                assert answer.status_code == 302, answer.text
                self._tokens[name] = _token(self.browsers[name].get("/settings"))
        for name, visitor in world.visitors.items():
            if visitor.first:
                form = {"csrf_token": self._tokens[name], "company": visitor.company}
                assert self.browsers[name].post("/company", data=form).headers["Location"] == "/"
                self._tokens[name] = _token(self.browsers[name].get("/settings"))
            if visitor.eyes:
                form = {"csrf_token": self._tokens[name], "command_id": str(uuid4())}
                place = f"/contacts/{world.visitors[visitor.eyes].contact}/view-as"
                assert self.browsers[name].post(place, data=form).headers["Location"] == "/"
        owner = world.visitors["owner"]
        world.things["device"] = self.parts.store.create(owner.contact, owner.company, "Telephone", {})[1].id
        draft = world.marks.text("north", "draft.reference", only=owner.email)
        form = {"csrf_token": self._tokens["owner"], "item": "WALK-1", "quantity": "1", "reference": draft}
        assert self.browsers["owner"].post("/order-pad", data={**form, "action": "check"}).status_code == 302
        assert self.browsers["lapsed"].get("/invoices").status_code == 200
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        world.give(world.visitors["lapsed"], [world.things["role"]], yesterday.isoformat())
        off = world.visitors["off"]
        world.services.send("identity", "DeactivateContact", {"contact_id": off.contact})

    def walked(self) -> list[str]:
        """What is wrong with all routes; walked once."""
        if self._wrong is None:
            with self.world.services.at_home(), self._noting_waits():
                self._wrong = self.routes()
        return self._wrong

    @contextmanager
    def _noting_waits(self) -> Iterator[None]:
        send = Scope.command
        reads = {f"{name}.{one.checkpoint}": one.streams for name in SERVICES for one in rooms.load(name).projections}

        def command(scope: Scope, service: str, name: str, *rest: Any, shows: tuple[str, ...], **more: Any) -> Any:
            reply = send(scope, service, name, *rest, shows=shows, **more)
            if reply["stream"]:  # else it was so already, and nothing is waited for
                self.done.add(f"{service}.{name}")
                last = {model: max(map(self.world.services.last_of, reads[model])) for model in shows}
                self.in_vain |= {(f"{service}.{name}", model) for model, at in last.items() if at < reply["position"]}
            return reply

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Scope, "command", command)
            yield

    def routes(self, only: Iterable[str] = ()) -> list[str]:
        """What is wrong with the routes' answers; with those of the named rows, if some are."""
        wrong: list[str] = []
        wanted = set(only)
        for row, cells in parsed(ROUTES).items():
            if (wanted and row not in wanted) or row.startswith("LIVE"):
                continue
            before = self.world.services.head()
            # Those come first who get nothing: afterwards it may be used up, and somebody else than they did something.
            for name in sorted(cells, key=lambda one: cells[one] not in DENIED):
                if cells[name] != "-":
                    found = self._row(row, REQUESTS.get(row, Asked()), self.world.visitors[name], cells[name], before)
                    wrong += [f"{row} as {name}: {one}" for one in found]
            if REQUESTS.get(row, Asked()).sends:
                if self.world.services.head() == before:
                    wrong.append(f"{row}: nobody's form did anything")
                self.world.services.settle()
        return wrong

    def _row(self, row: str, asked: Asked, visitor: Visitor, cell: str, head: int) -> Iterator[str]:
        method, rule = row.split()[:2]
        things = self.world.things | {one.name: one.contact for one in self.world.visitors.values()}
        path = (asked.path or rule).format(**things)
        self.world.rpc.called.clear()
        answer = self._ask(method, path, asked, visitor)
        for called in self.world.rpc.called & METHODS_OF_STAFF.keys():
            if METHODS_OF_STAFF[called] not in visitor.acts_as:
                yield f"asks {called}"
        self.answers.append((f"{row} as {visitor.name}", answer))
        if not _is(answer, cell):
            yield f"{answer.status_code} {answer.headers.get('Location', '')} instead of {cell}"
            if cell not in DENIED:
                return
        named = set(things.values()) - {""}
        text = _all_of(answer)
        if 'class="top"' in text and (_BANNER in text) != bool(visitor.eyes):
            yield "does not say whose eyes these are" if visitor.eyes else "says that somebody looks as another"
        for part in re.split(r"[/?&=]", unquote(path)):
            # What was asked for comes back in forms and addresses; that says nothing.
            text = text.replace(part, "~") if part in named else text
        for mark in self.world.marks:
            if mark.stands_in(text):
                if visitor.sees(mark):
                    self.seen.add((mark.holder, mark.field))
                elif mark.field not in asked.shares:
                    yield f"shows {mark.holder}'s {mark.field}: {mark.forms[0]}"
        if cell == "own":
            yield from self._missing(asked, visitor, _all_of(answer))
        if method == "POST" and cell not in DENIED and visitor.signs_in:
            self.browsers[visitor.name].get("/settings")  # what it says of this is said once
        if cell in DENIED:
            if self.world.services.head() != head:
                yield "was not let in, and something was done"
            if asked.absent:
                other = self._ask(method, asked.absent, asked, visitor)
                if _told(answer, path) != _told(other, asked.absent):
                    yield f"tells another's from what is not there: {_difference(answer, path, other, asked.absent)}"

    def _missing(self, asked: Asked, visitor: Visitor, text: str) -> Iterator[str]:
        who = visitor.eyes or visitor.name
        fields = asked.shows.get(who, "").format(me=who).split()
        if not fields:
            yield "the table does not say what is shown"
        for field in fields:
            theirs = [mark for mark in self.world.marks if mark.field == field and visitor.sees(mark)]
            theirs = [mark for mark in theirs if not asked.holders or mark.holder in asked.holders]
            if not asked.holders and field.endswith(".sum"):
                theirs = _widest(theirs)
            if not theirs:
                yield f"there is no {field} of theirs"
            for mark in theirs:
                if not mark.stands_in(text):
                    yield f"{mark.holder}'s {field} is missing: {mark.forms[0]}"

    def _ask(
        self, method: str, path: str, asked: Asked, visitor: Visitor, other_token: str | None = None
    ) -> TestResponse:
        browser, token = self.browsers[visitor.name], self._tokens[visitor.name]
        if asked.throwaway or visitor.name == "off":
            browser, token = self._another_session(visitor)
        if path.startswith(("/invitation", "/reset", "/forgot")):
            # Who tries many has to wait; here is an address of each try's own.
            self._tries += 1
            browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{self._tries}"
        if method == "GET":
            return browser.get(path, buffered=True)
        token = token if other_token is None else other_token
        form = dict(asked.form(self.world, visitor)) if asked.form else {}
        form = {"csrf_token": token, "command_id": str(uuid4()), **form}
        if asked.previews:
            shown = re.search(r'name="previewed"[^>]* value="([^"]+)"', browser.post(path, data=form).text)
            form |= {"previewed": shown[1] if shown else "", "step": "save"}
        return browser.post(path, data=form)

    def _another_session(self, visitor: Visitor) -> tuple[FlaskClient, str]:
        """A browser that the visitor is signed in with, else one that nobody is; and its token for forms."""
        browser = self.world.app.test_client()
        token = _token(browser.get("/login"))
        if visitor.contact:
            browser.set_cookie(
                COOKIE, self.cookie(visitor, {} if visitor.signs_in else {"csrf_token": self._secret(token)})
            )
        return browser, _token(browser.get("/settings")) if visitor.signs_in else token

    def cookie(self, visitor: Visitor, data: dict[str, Any] | None = None) -> str:
        """The cookie of a new session of theirs; of nobody, one that opens nothing."""
        if not visitor.contact:
            return "made up"
        if visitor.eyes:
            seen = self.world.visitors[visitor.eyes]
            looks = {"contact": seen.contact, "company": seen.company, "branch": None, "view": "none", "back": "/"}
            data = {VIEWING: {**looks, "until": time.time() + 3600}, **(data or {})}
        company = "*" if visitor.roles else visitor.company
        proved = {"proved": int(time.time())}
        return self.parts.store.create(visitor.contact, company, "", {**proved, **(data or {})})[0]

    def _secret(self, token: str) -> str:
        """What the session has of a token: who is deactivated may have a form open from before."""
        return str(URLSafeTimedSerializer(str(self.world.app.secret_key), salt="wtf-csrf-token").loads(token))

    def forged(self) -> list[str]:
        """The routes that take a form without this session's token, from whoever may send it with one."""
        wrong = []
        for row, cells in parsed(ROUTES).items():
            asked, allowed = REQUESTS.get(row, Asked()), [name for name in cells if cells[name] in ("ok", "422", "410")]
            if not row.startswith("POST") or not allowed:
                continue
            visitor = self.world.visitors[allowed[0]]
            path = (asked.path or row.split()[1]).format(**self.world.things)
            others = next(token for name, token in self._tokens.items() if name != visitor.name)
            head = self.world.services.head()
            for name, token in (("none", ""), ("one made up", "made-up"), ("another's", others)):
                status = self._ask("POST", path, asked, visitor, token).status_code
                if status != 400 or self.world.services.head() != head:
                    wrong.append(f"{row}: {status} with {name}")
        return wrong

    def live(self) -> list[str]:
        """What is wrong with what open pages are told of changes."""
        return asyncio.run(self._live())

    async def _live(self) -> list[str]:
        application, live = create_live(replace(self.world.services.settings, port=PORT), GatewaySettings())
        wrong, told = [], {}
        for name, cell in parsed(ROUTES)["LIVE /events"].items():
            visitor = self.world.visitors[name]
            cookie = self._another_session(visitor)[0].get_cookie(COOKIE)
            status, body = await _first(application, cookie.value if cookie else "")
            if status != (200 if cell == "own" else 401):
                wrong.append(f"LIVE /events as {name}: {status} instead of {cell}")
            if status == 200:
                told[name] = orjson.loads(body.partition(b"data: ")[2].split(b"\n")[0])
        await live.stop()
        for name, versions in told.items():
            own = self._positions(self.world.visitors[name])
            if not versions or any(at not in own for at in versions.values()):
                wrong.append(f"LIVE /events as {name}: is told of what others did")
        return wrong

    def _positions(self, visitor: Visitor) -> set[int]:
        """Where the read models stand for those whose changes the visitor may hear of."""
        found: set[int] = set()
        for service in self.world.services.tools:
            with self.world.services.reading(service) as execute:
                rows = execute("SELECT company, position FROM readmodel_versions", ()).fetchall()
                own = ("*", visitor.company)
                found |= {row["position"] for row in rows if visitor.acts_as or row["company"] in own}
                if visitor.acts_as:
                    found |= {row["position"] for row in execute("SELECT position FROM checkpoints", ()).fetchall()}
        return found


def _widest(marks: list[Mark]) -> list[Mark]:
    """Of sums within sums, the one over all branches, where it is theirs."""
    return [mark for mark in marks if mark.branch and mark.branch.startswith("(")] or marks


def _is(answer: TestResponse, cell: str) -> bool:
    status, place = answer.status_code, answer.headers.get("Location", "")
    to_log_in = place.startswith("/login")
    if cell == "in":
        return to_log_in if status == 302 else status == 401
    if cell == "ok":
        return status in (200, 204) or (
            status == 302 and (not to_log_in or answer.request.path.startswith(("/login", "/logout", "/reset")))
        )
    return status == (200 if cell == "own" else int(cell))


def _all_of(answer: TestResponse) -> str:
    """Headers and body, as whoever got them reads them."""
    return "\n".join([*(f"{name}: {unquote(value)}" for name, value in answer.headers), text_of(answer)])


def text_of(answer: TestResponse) -> str:
    """The body as it is read; of a PDF with its lines and without, for a long word goes on in the next.

    Where a long address may break, and what a search marks in a word, divides nothing.
    """
    if answer.mimetype != "application/pdf":
        return re.sub("<wbr>|</?mark>", "", answer.text)
    printed = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    return printed + printed.replace("\n", "")


def _told(answer: TestResponse, path: str) -> tuple[int, list[tuple[str, str]], str]:
    """What an answer says but for what was asked and what is of this answer alone."""

    def plain(text: str) -> str:
        text = text.replace(answer.headers.get("X-Correlation-Id", "-"), "~")
        for form in (quote(path, safe=""), quote(path), path):
            text = text.replace(form, "~")
        return _ONE_OFF.sub(r"\1~", text)

    headers = [(name, plain(value)) for name, value in answer.headers if name not in _PASSING]
    return answer.status_code, headers, plain(text_of(answer))


def _difference(answer: TestResponse, path: str, other: TestResponse, absent: str) -> str:
    lines = [
        [f"{status}", *map(str, headers), *text.splitlines()]
        for status, headers, text in (_told(answer, path), _told(other, absent))
    ]
    return "; ".join(sorted({*lines[0]} ^ {*lines[1]}))


def _token(page: TestResponse, otherwise: str | None = None) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found or otherwise is not None, page.text
    return found[1] if found else otherwise or ""


async def _first(application: Any, cookie: str) -> tuple[int, bytes]:
    """Status and beginning of what the live server answers to a page with this cookie."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    headers = {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}", "cookie": f"{COOKIE}={cookie}"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": "GET",
        "path": "/events",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("localhost", PORT),
    }
    left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await left.wait()
        return {"type": "http.disconnect"}

    task = asyncio.create_task(application(scope, receive, told.put))
    status = (await told.get())["status"]
    body = (await told.get())["body"]
    left.set()
    await task
    return status, body
