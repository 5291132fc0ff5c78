"""ChangeSettings, SetMenuEntry, RemoveMenuEntry and what undoes them: what admins may make of the portal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chassis.errors import Invalid, NotFound
from services.identity.commands import ChangeSettings, RemoveMenuEntry, SetMenuEntry
from services.identity.errors import ChangedSince
from services.identity.events import MailSenderChanged, MailTextChanged, MailTextRestored
from services.identity.mails import texts
from services.identity.portal import menu, settings
from services.identity.portal.events import MenuEntry, MenuEntryRemoved, MenuEntrySet, SettingChanged
from tests.support.given import Decider
from tests.unit.identity.examples import ADA

SETTINGS = Decider(
    settings.Portal(),
    settings.evolve,
    {ChangeSettings: lambda state, command, _now: settings.decide_change(state, command)},
)
MENU = Decider(
    menu.Menu(),
    menu.evolve,
    {
        SetMenuEntry: lambda state, command, _now: menu.decide_set(state, command.entry or "E-1", command),
        RemoveMenuEntry: lambda state, command, _now: menu.decide_remove(state, command),
    },
)
LINK = MenuEntry({"en": "Prices"}, "https://www.example.com/prices", {}, "download", 10, True, "", "order")
LINKED = MenuEntrySet("E-1", LINK, ADA)
SET = SetMenuEntry(
    ADA, {"en": " Prices ", "de": ""}, "https://www.example.com/prices", {}, "download", 10, True, "", "order"
)


def change(**wanted: str) -> ChangeSettings:
    """Some settings, set by Ada."""
    return ChangeSettings(ADA, wanted)


def was(setting: str, value: str) -> SettingChanged:
    """A setting that Ada set."""
    return SettingChanged(setting, value, ADA)


def test_each_setting_that_is_another_one_is_an_event() -> None:
    wanted = change(name=" Weiß  Handel ", accent="#8A1538", website="", welcome_en="Hello\r\nyou")
    SETTINGS.given().when(wanted).then(
        was("name", "Weiß Handel"), was("accent", "#8a1538"), was("welcome_en", "Hello\nyou")
    )
    SETTINGS.given(was("name", "Weiß Handel"), was("accent", "#8a1538")).when(change(name="Weiß Handel")).then()
    SETTINGS.given(was("name", "Weiß Handel")).when(change(name="")).then(was("name", ""))


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("name", "x" * 61, "at most 60 characters"),
        ("website", "javascript:alert(1)", "Write the whole address"),
        ("website", "www.example.com", "Write the whole address"),
        ("website", "https://user:secret@www.example.com", "Write the whole address"),
        ("support_mail", "help@", "no e-mail address"),
        ("support_phone", "call us", "no telephone number"),
        ("accent", "red", "a colour like #155e67"),
        ("accent", "#155e67;}", "a colour like #155e67"),
        ("logo", "9f86d081", "Upload the logo"),
        ("welcome_en", "[here](javascript:alert(1))", "A link cannot lead to “javascript:alert"),
        ("welcome_de", "x" * 2001, "at most 2000 characters"),
        ("feature_search", "maybe", "on or off"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_at_its_field_and_nothing_is_saved(
    setting: str, value: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        settings.decide_change(settings.Portal(), change(**{"name": "Fine", setting: value}))
    assert list(refused.value.details["fields"]) == [setting]
    assert said in refused.value.details["fields"][setting][0]


def test_a_logo_is_set_by_its_file_and_taken_away_by_its_setting() -> None:
    assert settings.decide_logo(settings.Portal(), "p1", ADA) == [was("logo", "p1")]
    state = SETTINGS.given(was("logo", "p1")).state
    assert settings.decide_logo(state, "p1", ADA) == []
    assert settings.decide_change(state, change(logo="")) == [was("logo", "")]


def test_the_last_change_of_a_setting_is_undone_and_undone_again() -> None:
    history = [was("name", "One"), was("accent", "#8a1538"), was("name", "Two")]
    state = SETTINGS.given(*history).state
    assert settings.decide_undo(state, "name", 2, ADA) == [was("name", "One")]
    assert settings.decide_undo(state, "accent", 1, ADA) == [was("accent", "")]
    undone = SETTINGS.given(*history, was("name", "One")).state
    assert settings.decide_undo(undone, "name", 3, ADA) == [was("name", "Two")]


@pytest.mark.parametrize(("setting", "number"), [("name", 0), ("accent", 0), ("website", 0), ("name", 3)])
def test_what_was_changed_again_since_is_not_undone(setting: str, number: int) -> None:
    state = SETTINGS.given(was("name", "One"), was("accent", "#8a1538"), was("name", "Two")).state
    with pytest.raises(ChangedSince, match="changed again since"):
        settings.decide_undo(state, setting, number, ADA)


def test_an_entry_is_made_changed_and_removed() -> None:
    MENU.given().when(SET).then(LINKED)
    MENU.given(LINKED).when(replace(SET, entry="E-1")).then()
    MENU.given(LINKED).when(replace(SET, entry="E-1", place=20)).then(MenuEntrySet("E-1", replace(LINK, place=20), ADA))
    MENU.given(LINKED).when(RemoveMenuEntry(ADA, "E-1")).then(MenuEntryRemoved("E-1", ADA))
    MENU.given().when(RemoveMenuEntry(ADA, "E-1")).then()
    with pytest.raises(NotFound):
        menu.decide_set(menu.Menu(), "E-1", replace(SET, entry="E-1"))


@pytest.mark.parametrize(
    ("entry", "field", "said"),
    [
        (replace(LINK, titles={}), "titles", "in one language at least"),
        (replace(LINK, titles={"en": "x" * 41}), "titles", "at most 40"),
        (replace(LINK, address="javascript:alert(1)"), "address", "Write the whole address"),
        (replace(LINK, address="//elsewhere.example"), "address", "Write the whole address"),
        (replace(LINK, address="http://a.example\n/x"), "address", "Write the whole address"),
        (replace(LINK, address=""), "address", "an address for a link, or a text for a page"),
        (replace(LINK, texts={"en": "Hello"}), "texts", "is a link or a page"),
        (replace(LINK, address="", texts={"en": "[x](data:text/html,x)"}), "texts", "A link cannot lead to"),
        (replace(LINK, icon="skull"), "icon", "no such icon"),
        (replace(LINK, place=-1), "place", "from 0 to 999"),
        (replace(LINK, permission="fly"), "permission", "no such permission"),
    ],
)
def test_an_entry_that_cannot_be_shown_is_refused_at_its_field(entry: MenuEntry, field: str, said: str) -> None:
    faults = menu.entry_faults(entry)
    assert list(faults) == [field]
    assert said in faults[field][0]


def test_there_are_so_many_entries_and_no_more() -> None:
    full = menu.Menu({f"E-{number}": LINK for number in range(menu.MOST_ENTRIES)})
    with pytest.raises(Invalid, match="remove one first"):
        menu.decide_set(full, "E-new", SET)


def test_the_last_change_of_an_entry_is_undone() -> None:
    moved = MenuEntrySet("E-1", replace(LINK, place=20), ADA)
    assert menu.decide_undo(MENU.given(LINKED).state, "E-1", 0, ADA) == [MenuEntryRemoved("E-1", ADA)]
    assert menu.decide_undo(MENU.given(LINKED, moved).state, "E-1", 1, ADA) == [LINKED]
    gone = MENU.given(LINKED, moved, MenuEntryRemoved("E-1", ADA)).state
    assert menu.decide_undo(gone, "E-1", 2, ADA) == [moved]
    for number in (0, 1):
        with pytest.raises(ChangedSince):
            menu.decide_undo(gone, "E-1", number, ADA)


def test_a_mails_text_and_the_sender_go_back_to_what_they_were() -> None:
    one, two = (MailTextChanged("invitation", "en", subject, "{link}", ADA) for subject in ("One", "Two"))
    restored = MailTextRestored("invitation", "en", ADA)
    for history, number, back in (([one], 0, restored), ([one, two], 1, one), ([one, restored], 1, one)):
        state = Decider(texts.Text(), texts.evolve_text, {}).given(*history).state
        assert texts.decide_undo_text(state, "invitation.en", number, ADA) == [back]
        with pytest.raises(ChangedSince):
            texts.decide_undo_text(state, "invitation.en", number + 1, ADA)
    sender = MailSenderChanged("Portal", "portal@s.example", "", ADA)
    state = Decider(texts.Senders(), texts.evolve_sender, {}).given(sender).state
    assert texts.decide_undo_sender(state, 0, ADA) == [MailSenderChanged("", "", "", ADA)]
    with pytest.raises(ChangedSince):
        texts.decide_undo_sender(state, 1, ADA)
