"""Two admins at the same moment: what one may do is asked of the contact as the other left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import Refused
from chassis.messages import ALL_COMPANIES, Context
from services.identity import contacts
from services.identity.commands import AddToCompany, SetPermissions
from tests.support.inprocess import Services

HOLLIS, FJORD = "C100", "C200"


class Office:
    """A portal admin, a company's own admin and the contact that both of them change."""

    def __init__(self, services: Services) -> None:
        self.services = services
        for key in (HOLLIS, FJORD):
            services.record(
                "identity", key, [{"kind": "company", "key": key, "body": {"name": key, "currency": "EUR"}}]
            )
        staff = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin"]}
        self.admin = services.send("identity", "CreateStaff", staff)["id"]
        self.boss, self.hanna = self.contact("bea", ["company_admin"]), self.contact("hanna", ["open_cases"])
        token = services.send("identity", "InviteContact", {"contact_id": self.boss})["result"]["token"]
        services.sign_up(token, "four boats in harbour")

    def contact(self, name: str, permissions: list[str]) -> str:
        """A contact of Hollis."""
        form = {"for_company": HOLLIS, "name": name, "email": f"{name}@hollis.example", "permissions": permissions}
        return str(self.services.send("identity", "CreateContact", form)["id"])

    def send(self, command: str, **payload: Any) -> dict[str, Any]:
        """What the company's own admin sends over the portal."""
        context = Context(uuid4(), HOLLIS, self.boss, "portal", "test-race")
        return self.services.commands.send("identity", command, payload, context)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The office, of each test its own."""
    with closing(Services(tmp_path)) as services, services.at_home():
        yield Office(services)


@pytest.mark.parametrize(
    ("faster", "handle", "said"),
    [
        (AddToCompany, contacts.add_to_company, "OfOthersToo"),
        (SetPermissions, contacts.set_permissions, "OnlyTheSupplier"),
    ],
)
def test_a_companys_admin_does_not_switch_off_whom_the_supplier_changed_just_then(
    office: Office, monkeypatch: pytest.MonkeyPatch, faster: Any, handle: Any, said: str
) -> None:
    tools = office.services.tools["identity"]
    append = tools.repository.append
    more = {"to_company": FJORD, "permissions": ()} if faster is AddToCompany else {"permissions": ("company_admin",)}

    async def overtaken(*args: Any, **rest: Any) -> Any:
        monkeypatch.setattr(tools.repository, "append", append)
        await handle(faster(office.hanna, **more), Context(uuid4(), ALL_COMPANIES, office.admin, "portal", "r"), tools)
        return await append(*args, **rest)

    monkeypatch.setattr(tools.repository, "append", overtaken)
    with pytest.raises(Refused) as refused:
        office.send("DeactivateContact", contact_id=office.hanna)
    assert refused.value.code == said
