"""Who comes: the rightful owner of what is asked for, and everybody who is not."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.identity.contract import PERMISSIONS
from tests.gateway.isolation.marks import COMPANIES, Mark

OWN_ADMIN = "company_admin"
USUAL = tuple(one for one in PERMISSIONS if one != OWN_ADMIN)
"""What a contact may do who is no admin of their company."""
PASSWORD = "correct horse battery"


@dataclass(slots=True)
class Visitor:
    """A kind of visitor. `branches` None: all of the company's; `contact` is theirs in this world.

    `had` are permissions that ended by themselves while the session was open. `eyes`: of the staff, but looks at the
    portal as that visitor sees it, and so sees what is theirs. `first`: the company they were first of, where they
    stand in another.
    """

    name: str
    company: str = ""
    branches: tuple[str, ...] | None = None
    permissions: tuple[str, ...] = USUAL
    roles: tuple[str, ...] = ()
    had: tuple[str, ...] = ()
    eyes: str = ""
    first: str = ""
    contact: str = field(default="", compare=False)

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.name}@walk.example"

    @property
    def signs_in(self) -> bool:
        """Whether a right password lets them in."""
        return self.name not in ("off", "nobody")

    @property
    def acts_as(self) -> tuple[str, ...]:
        """The staff roles that hold for what they ask: none while they look with another's eyes."""
        return () if self.eyes else self.roles

    def sees(self, mark: Mark) -> bool:
        """Whether what is marked is theirs to see."""
        if not self.signs_in:
            return False
        if self.first and mark.company == self.first and mark.field in ("company.name", "company.code"):
            return True  # what they can choose stands in the top bar
        if self.company in mark.own_admin and OWN_ADMIN in self.permissions:
            return True
        if mark.only in (self.email, f"{self.eyes}@walk.example"):
            return True
        if self.acts_as:
            return bool(mark.roles.intersection(self.acts_as))
        if mark.only:
            return False
        return (
            mark.company == self.company
            and (mark.branch is None or self.branches is None or mark.branch in self.branches)
            and (not mark.needs or bool(mark.needs.intersection(self.permissions)))
        )


def visitors() -> dict[str, Visitor]:
    """The columns of the tables. A kind of visitor that is new gets a column there and an entry here."""
    alder, birch = COMPANIES["alder"], COMPANIES["birch"]
    made = (
        Visitor("owner", alder, ("ZQ-NORD",)),
        Visitor("twin", alder, ("ZQ-NORD",)),  # a colleague with the same rights: shares all but what is personal
        Visitor("whole", alder, permissions=PERMISSIONS),  # an admin of their company, as east is
        Visitor("south", alder, ("ZQ-SUED",)),
        Visitor("east", birch, permissions=PERMISSIONS),  # all branches: no limit but the company's stands between
        Visitor("plain", alder, permissions=()),
        Visitor("lapsed", alder, ("ZQ-NORD",), permissions=(), had=USUAL),  # their last day has passed
        Visitor("agent", roles=("agent",)),
        Visitor("admin", roles=("portal_admin",)),
        Visitor("erp", roles=("erp_admin",)),
        Visitor("oper", roles=("operator",)),
        Visitor("off", alder, ("ZQ-NORD",)),  # deactivated, with a session still open
        Visitor("nobody"),
        # Of birch first, and of alder as a twin; stands in alder.
        Visitor("both", alder, ("ZQ-NORD",), first=birch),
        Visitor("viewer", alder, ("ZQ-NORD",), roles=("portal_admin", "agent"), eyes="owner"),
    )
    return {one.name: one for one in made}
