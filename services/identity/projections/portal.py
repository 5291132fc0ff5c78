"""What admins set of the portal as a whole: settings, own entries of the menu, pictures. Every page looks here."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import ALL_COMPANIES, Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
_meta = MetaData()
SETTINGS = Table(
    f"portal_settings_v{VERSION}",
    _meta,
    Column("setting", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
ENTRIES = Table(
    f"menu_entries_v{VERSION}",
    _meta,
    Column("entry", Text, primary_key=True),
    Column("company", Text, nullable=False),  # "*": every company's, and staff's
    Column("permission", Text, nullable=False),
    Column("titles", Text, nullable=False),  # JSON object: language → title
    Column("address", Text, nullable=False),
    Column("texts", Text, nullable=False),  # JSON object: language → markup
    Column("icon", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("pinned", Boolean, nullable=False),
)
PICTURES = Table(
    f"pictures_v{VERSION}",
    _meta,
    Column("picture", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", Text, nullable=False),  # base64
)
_SETTING, _ENTRY, _PICTURE = upsert(SETTINGS), upsert(ENTRIES), upsert(PICTURES)


def project(event: Recorded, rows: Rows) -> None:
    """The row of what was set, whole; none once it is removed."""
    data = event.data
    rows.touch(ALL_COMPANIES, event.position)
    match event.type:
        case "SettingChanged":
            rows.execute(_SETTING, (data["setting"], data["value"]))
        case "PictureAdded":
            rows.execute(_PICTURE, tuple(data[column.name] for column in PICTURES.c))
        case "MenuEntryRemoved":
            rows.execute(f"DELETE FROM {ENTRIES.name} WHERE entry = ?", (data["entry"],))
        case _:
            shown = data["shown"]
            json = {name: dumps(shown[name]).decode() for name in ("titles", "texts")}
            row = {**shown, **json, "entry": data["entry"], "company": shown["for_company"] or ALL_COMPANIES}
            rows.execute(_ENTRY, tuple(row[column.name] for column in ENTRIES.c))


PROJECTION = Projection("portal", VERSION, ("portal-", "menu-", "picture-"), (SETTINGS, ENTRIES, PICTURES), project)
