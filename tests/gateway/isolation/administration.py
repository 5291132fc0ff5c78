"""The administration of the walk's portal: what is in it, and how its routes are asked."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gateway.portal import accent_url
from services.identity.portal import pictures
from tests.gateway.isolation.asked import ADMIN, Asked, shown

if TYPE_CHECKING:
    from tests.gateway.isolation.world import World

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'


def new_entry(world: World, **more: Any) -> str:
    """The id of a new entry of the menu, a page for everybody."""
    page = {"titles": {"en": "For all"}, "texts": {"en": "Hello."}}
    return str(world.as_admin("SetMenuEntry", {**page, **more})["id"])


def new_change(world: World) -> str:
    """The number of a new change of the German mail about refused orders."""
    text = {"subject": uuid4().hex, "text": "{link}"}
    return str(world.as_admin("ChangeMailText", {"kind": "order_refused", "language": "de", **text})["revision"])


def fill(world: World) -> None:
    """A page of the menu for a company, others for everybody, a logo, and a licence of one company's own."""
    seen: dict[str, Any] = {"roles": ("portal_admin",)}
    own = {part: {"en": world.marks.text("alder", f"menu.{part}", **seen)} for part in ("titles", "texts")}
    world.things["entry"] = new_entry(world, **own, for_company="ZQALDER")
    world.things["cases_entry"] = new_entry(world, permission="open_cases")
    for name in ("everybodys", "spare_entry", "other_entry", "gone_entry"):
        world.things[name] = new_entry(world)
    world.things["undo_change"] = new_change(world)
    world.as_admin("ChangeLogo", {"content": b64encode(LOGO).decode()})
    world.things["logo"] = pictures.picture_of(LOGO).picture
    world.things["accent"] = accent_url("#8a1538").split("/")[2]
    world.as_admin("GrantFeature", {"feature": "order_pad", "for_company": "ZQBIRCH"}, "licensing")


def _logo() -> tuple[io.BytesIO, str]:
    """A file as a browser sends it; each is another picture."""
    size = uuid4().int % 100_000 + 10
    return io.BytesIO(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"/>'.encode()), "logo.svg"


_ENTRY = {
    "title_en": "Prices",
    "address": "https://walk.example",
    "icon": "star",
    "place": "7",
    "audience": "everybody",
    "permission": "",
}

_POLICY = {"ways": ["password", "passkey", "sso"], "longest_hours": "24"}
"""As it is anyway, so that nobody has to log in again."""

ADMINISTRATION: dict[str, Asked] = {
    "GET /administration/companies": Asked(
        "/administration/companies?q=zq", shows=shown("company.code company.name", ADMIN)
    ),
    "GET /administration/history": Asked(shows=shown("menu.titles name.admin", ADMIN)),
    "GET /administration/licences": Asked(shows=shown("company.name", ADMIN), holders=("birch",)),
    "GET /administration/menu": Asked(shows=shown("menu.titles company.name", ADMIN), holders=("alder",)),
    "GET /administration/menu/<entry>": Asked(
        "/administration/menu/{entry}",
        "/administration/menu/E-0000-0000",
        shown("menu.titles menu.texts company.code", ADMIN),
        holders=("alder",),
    ),
    "GET /branding/<version>/accent.css": Asked("/branding/{accent}/accent.css"),
    "GET /branding/logo/<name>": Asked("/branding/logo/{logo}"),
    "GET /info/<entry>": Asked(
        "/info/{entry}",
        "/info/E-0000-0000",
        shown("menu.titles menu.texts", "owner twin whole south plain lapsed both"),
        holders=("alder",),
    ),
    "GET /info/<entry> #everybody": Asked("/info/{everybodys}"),
    "GET /info/<entry> #permission": Asked("/info/{cases_entry}", "/info/E-0000-0000"),
    "GET /administration/sign-in/<path:code>": Asked(
        "/administration/sign-in/{company}", "/administration/sign-in/NONE", shown("company.name", ADMIN), ("alder",)
    ),
    "POST /administration/sign-in": Asked(form=lambda world, visitor: _POLICY, sends=("identity.ChangeSettings",)),
    "POST /administration/sign-in/<path:code>": Asked(
        "/administration/sign-in/{company}",
        "/administration/sign-in/NONE",
        form=lambda world, visitor: _POLICY,
        sends=("identity.ChangeSettings",),
    ),
    "POST /administration/sign-in/company": Asked(form=lambda world, visitor: {"company": world.things["company"]}),
    "POST /administration/branding": Asked(
        form=lambda world, visitor: {"website": f"https://walk.example/{uuid4().hex}"},
        sends=("identity.ChangeSettings",),
    ),
    "POST /administration/branding/logo": Asked(
        form=lambda world, visitor: {"action": "upload", "logo": _logo()}, sends=("identity.ChangeLogo",)
    ),
    "POST /administration/features/<feature> #off": Asked(
        "/administration/features/add_ons",
        "/administration/features/none",
        form=lambda world, visitor: {"to": "off"},
        sends=("identity.ChangeSettings",),
    ),
    "POST /administration/features/<feature> #on": Asked(
        "/administration/features/add_ons",
        "/administration/features/none",
        form=lambda world, visitor: {"to": "on"},
        sends=("identity.ChangeSettings",),
    ),
    "POST /administration/history/undo": Asked(
        form=lambda world, visitor: {
            "kind": "mailtext",
            "key": "order_refused.de",
            "change": world.things["undo_change"],
        },
        sends=("identity.UndoChange",),
    ),
    "POST /administration/licences": Asked(
        form=lambda world, visitor: {"feature": "marketplace", "for_company": "ZQBIRCH"},
        sends=("licensing.GrantFeature",),
    ),
    "POST /administration/licences/change": Asked(
        form=lambda world, visitor: {"feature": "marketplace", "for_company": "ZQBIRCH", "grant": "0"},
        sends=("licensing.WithdrawFeature",),
    ),
    "POST /administration/menu/<entry>": Asked(
        "/administration/menu/{other_entry}",
        "/administration/menu/E-0000-0000",
        form=lambda world, visitor: _ENTRY,
        sends=("identity.SetMenuEntry",),
    ),
    "POST /administration/menu/<entry>/remove": Asked(
        "/administration/menu/{gone_entry}/remove",
        "/administration/menu/E-0000-0000/remove",
        form=lambda world, visitor: {},
        sends=("identity.RemoveMenuEntry",),
    ),
    "POST /administration/menu/new": Asked(form=lambda world, visitor: _ENTRY, sends=("identity.SetMenuEntry",)),
}
