"""The kinds of streams that identity owns, and loading one as the person who asks may see it."""

from __future__ import annotations

from typing import TypeVar

from chassis.dispatch import Tools
from chassis.errors import NotAllowed, NotFound
from chassis.messages import ALL_COMPANIES, Context, Event
from chassis.repository import Aggregate, Loaded
from services.identity import domain, roles
from services.identity.contract import CODEC
from services.identity.favourites import domain as favourites
from services.identity.layouts import domain as layouts
from services.identity.mails import domain as mails
from services.identity.mails import texts
from services.identity.mails.settings import supplier
from services.identity.portal import menu, settings
from services.identity.portal.events import PictureAdded
from services.identity.portal.pictures import Picture
from services.identity.requests import domain as requests
from services.identity.viewing import domain as viewing

S = TypeVar("S")


def _picture(state: Picture, event: Event) -> Picture:
    match event:
        case PictureAdded():
            return Picture(event.picture, event.media_type, event.width, event.height, event.content)
        case _:
            return state


COMPANY = Aggregate("company", domain.Company(), domain.evolve_company, lambda state: state.company, CODEC, version=2)
CONTACT = Aggregate("contact", domain.Contact(), domain.evolve_contact, lambda state: state.companies, CODEC)
MAIL = Aggregate("mail", mails.Mail(), mails.evolve, lambda state: state.company, CODEC)
MAIL_TEXT = Aggregate("mailtext", texts.Text(), texts.evolve_text, lambda state: None, CODEC)
MAIL_SENDER = Aggregate("mailsender", texts.Senders(), texts.evolve_sender, lambda state: None, CODEC)
# All roles of the portal in one stream: so two never have the same name.
ROLES = Aggregate("roles", roles.Roles(), roles.evolve, lambda state: None, CODEC)
SETTINGS = Aggregate("portal", settings.Portal(), settings.evolve, lambda state: None, CODEC)
MENU = Aggregate("menu", menu.Menu(), menu.evolve, lambda state: None, CODEC)
PICTURE = Aggregate("picture", Picture(), _picture, lambda state: None, CODEC)
VIEW = Aggregate("view", viewing.View(), viewing.evolve, lambda state: state.company, CODEC)
REQUESTS = Aggregate("requests", requests.Requests(), requests.evolve, lambda state: state.company or None, CODEC)
FAVOURITES = Aggregate("favourites", favourites.Favourites(), favourites.evolve, lambda state: None, CODEC)
LAYOUTS = Aggregate("layouts", layouts.Layouts(), layouts.evolve, lambda state: state.company or None, CODEC)
PORTAL = "portal"
PORTAL_ADMIN = "portal_admin"
ADDRESS = Aggregate("email", domain.Address(), domain.evolve_address, lambda state: None, CODEC)


async def find(aggregate: Aggregate[S], key: str, context: Context, tools: Tools, missing: str) -> Loaded[S]:
    """The stream, or NotFound saying `missing` where there is none or it is another company's."""
    loaded = await tools.repository.load(aggregate, key)
    owner = aggregate.company_of(loaded.state)
    if loaded.revision < 0 or (owner is not None and not context.sees(owner)):
        raise NotFound(missing)
    return loaded


async def find_contact(contact: str, context: Context, tools: Tools) -> Loaded[domain.Contact]:
    """The contact's stream."""
    return await find(CONTACT, contact, context, tools, "There is no such contact.")


async def portal_name(tools: Tools) -> str:
    """What the portal is called: as admins have set it at this moment, else as it was set up."""
    return (await tools.repository.load(SETTINGS, PORTAL)).state.value("name") or supplier()


async def refuse_all_but_portal_admins(context: Context, tools: Tools) -> None:
    """Raise NotAllowed unless the one who asks is a portal admin of the supplier's staff at this moment."""
    if not await _is_staff((PORTAL_ADMIN,), context, tools):
        raise NotAllowed("Only a portal admin may do this.")


async def refuse_all_staff_but(roles: tuple[str, ...], context: Context, tools: Tools) -> None:
    """Raise NotAllowed unless the one who asks has one of these staff roles at this moment."""
    if not await _is_staff(roles, context, tools):
        raise NotAllowed("This is for staff with another role.")


async def _is_staff(roles: tuple[str, ...], context: Context, tools: Tools) -> bool:
    actor = (await tools.repository.load(CONTACT, context.actor)).state
    return context.company == ALL_COMPANIES and actor.may_sign_in and not set(roles).isdisjoint(actor.staff_roles)
