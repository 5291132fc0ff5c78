"""One person an e-mail address, whatever races, crashes, comes again and comes late: against the real store."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chassis import repository as rooms
from chassis import statedb
from chassis.dispatch import Tools
from chassis.errors import NotFound
from chassis.messages import ALL_COMPANIES, Context
from chassis.repository import Repository
from chassis.statedb import StateDb
from services.identity import addresses, contacts, domain
from services.identity.commands import CreateStaff, EraseContact
from services.identity.errors import EmailTaken
from services.identity.streams import CONTACT
from services.identity.vault import contact_id, open_vault
from tests.support.given import NOW
from tests.support.settings import make_settings

PEOPLE = 3
NEWCOMER = PEOPLE
_numbers = itertools.count(1)


class Killed(BaseException):
    """Stands for the process ending at a named point."""


@dataclass
class World:
    """The service's handlers on a clock of the test's own; `dies_in`: at which append from now the process ends."""

    tools: Tools
    email: str
    clock: datetime = NOW
    dies_in: int = 0
    ids: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(PEOPLE + 1)])
    reserved: dict[int, datetime] = field(default_factory=dict)
    """When each last tried and may have reserved the address."""

    def reach(self, point: str) -> None:
        """The process dies after an append."""
        if point == "identity.after_append" and self.dies_in:
            self.dies_in -= 1
            if not self.dies_in:
                raise Killed

    async def create(self, who: int) -> str:
        """Made, taken or killed."""
        context = Context(self.ids[who], ALL_COMPANIES, "admin", "test", "test", payload_hash="same")
        before, self.reserved[who] = self.reserved.get(who), self.clock
        try:
            await contacts.create_staff(CreateStaff(f"Person {who}", self.email, ("agent",)), context, self.tools)
        except EmailTaken:
            self.reserved.pop(who, None)
            if before is not None:
                self.reserved[who] = before
            assert self.held_by_others({who}) or set(await self.users()) - {who}, "refused, and nobody has it"
            return "taken"
        except Killed:
            return "killed"
        return "made"

    def held_by_others(self, people: set[int]) -> bool:
        """Whether somebody else may have reserved the address less than ten minutes ago."""
        return any(self.clock - at < domain.RESERVATION for who, at in self.reserved.items() if who not in people)

    async def erase(self, who: int) -> None:
        """The person goes, if there is one; again when it was killed in the middle."""
        contact = contact_id(self.ids[who])
        context = Context(uuid4(), ALL_COMPANIES, "admin", "test", "test")
        try:
            await contacts.erase(EraseContact("admin", contact), context, self.tools)
            self.reserved.pop(who, None)
        except (NotFound, Killed):
            pass

    async def was_made(self, who: int) -> bool:
        """Whether the person was made once, so that the command again gets its first reply."""
        return (await self.tools.repository.load(CONTACT, contact_id(self.ids[who]))).revision >= 0

    async def users(self) -> list[int]:
        """Who is there and signs in with the address."""
        login = open_vault(self.tools.settings, self.tools.state).login(self.email)
        found = [await self.tools.repository.load(CONTACT, contact_id(one)) for one in self.ids]
        return [who for who, one in enumerate(found) if one.state.login == login and not one.state.erased]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory, store: str) -> Tools:
    """What the handlers work with; the connection to the store is each example's own."""
    configured = make_settings(tmp_path_factory.mktemp("identity") / "var", "", store)
    statedb.migrate(configured.state_db("identity"), "identity")
    return Tools(Repository(store, "identity"), configured, StateDb(configured.state_db("identity")))


WHO = st.integers(0, PEOPLE - 1)
STEPS = st.one_of(
    st.tuples(st.just("create"), WHO, st.sampled_from([0, 0, 1, 2, 3])),
    st.tuples(st.just("race"), WHO, WHO),
    st.tuples(st.just("wait"), st.sampled_from([4, 9, 11]), st.just(0)),
    st.tuples(st.just("erase"), WHO, st.sampled_from([0, 1, 2])),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=10))
@example(steps=[("create", 0, 1), ("wait", 11, 0), ("create", 1, 0), ("create", 0, 0)])
@example(steps=[("create", 0, 2), ("wait", 11, 0), ("create", 1, 0), ("create", 0, 0)])
@example(steps=[("create", 0, 0), ("erase", 0, 1)])
@example(steps=[("race", 0, 1)])
def test_an_address_is_one_persons_whatever_races_crashes_and_comes_again(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int, int]]
) -> None:
    asyncio.run(_play(tools, monkeypatch, steps))


async def _play(tools: Tools, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int, int]]) -> None:
    repository = Repository(tools.settings.esdb_uri, "identity")
    world = World(Tools(repository, tools.settings, tools.state), f"p{next(_numbers)}@example.com")
    monkeypatch.setattr(rooms, "reach", world.reach)
    monkeypatch.setattr(addresses, "now", lambda: world.clock)
    owner: int | None = None
    for step, one, other in steps:
        if step == "wait":
            world.clock += timedelta(minutes=one)
        elif step == "erase":
            world.dies_in = other
            await world.erase(one)
        elif step == "create":
            world.dies_in = other
            outcome = await world.create(one)
            assert outcome != "taken" or owner != one, "a repeat by its owner passes"
        else:
            free = owner is None and not world.held_by_others({one, other})
            claims = [who for who in (one, other) if not await world.was_made(who)]
            outcomes = dict(
                zip((one, other), await asyncio.gather(world.create(one), world.create(other)), strict=True)
            )
            made = {who for who in claims if outcomes[who] == "made"}
            assert len(made) == 1 if free and claims else len(made) <= 1, "one of the rivals"
        world.dies_in = 0
        users = await world.users()
        assert len(users) <= 1, "two people with one address"
        owner = users[0] if users else None

    # Whatever was left half done: what nobody uses is free after ten minutes, and what somebody uses stays theirs.
    world.clock += domain.RESERVATION
    assert await world.create(NEWCOMER) == ("made" if owner is None else "taken")
    assert await world.users() == [NEWCOMER if owner is None else owner]
    await repository.close()
