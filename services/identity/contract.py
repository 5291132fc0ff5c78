"""The public face of identity: what others may import, and nothing else of this service."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, pre_load
from marshmallow.validate import Length

from chassis.codec import Codec
from services.identity import events
from services.identity.domain import (
    COMPANY_ADMIN,
    DEFAULT_PERMISSIONS,
    INVITATION_DAYS,
    PERMISSIONS,
    STAFF_ROLES,
    Delegation,
    Rights,
)
from services.identity.layouts import events as layout_events
from services.identity.layouts.commands import LONGEST_NAME as LONGEST_LAYOUT_NAME
from services.identity.limits import Limits, limits_of
from services.identity.mails import texts as mail_texts
from services.identity.mails.domain import STATES as MAIL_STATES
from services.identity.mails.kinds import CHOOSABLE as CHOOSABLE_MAILS
from services.identity.mails.kinds import KINDS as MAIL_KINDS
from services.identity.passwords import LONGEST as LONGEST_PASSWORD
from services.identity.passwords import SHORTEST as SHORTEST_PASSWORD
from services.identity.portal import colours, markup
from services.identity.portal import events as portal_events
from services.identity.portal.menu import ICONS as MENU_ICONS
from services.identity.portal.pictures import LARGEST_FILE as LARGEST_LOGO
from services.identity.portal.policy import AS_INSTALLED, LONGEST_IDLE, LONGEST_SESSION, SIGN_IN_WAYS, Policy, policy_of
from services.identity.portal.policy import SIGN_IN as SIGN_IN_SETTING
from services.identity.portal.policy import read as read_policy
from services.identity.portal.policy import written as written_policy
from services.identity.portal.settings import FEATURE as FEATURE_SETTING
from services.identity.portal.settings import FEATURES as PORTAL_FEATURES
from services.identity.portal.settings import OFF as FEATURE_OFF
from services.identity.portal.settings import WELCOME as WELCOME_SETTING
from services.identity.roles import effective, in_force
from services.identity.single_sign_on.settings import EACH as RULES_AT_EACH
from services.identity.single_sign_on.settings import Provider as SingleSignOn
from services.identity.single_sign_on.settings import Rule as SingleSignOnRule
from services.identity.single_sign_on.settings import is_safe, providers
from services.identity.upcasters import UPCASTERS
from services.identity.viewing.domain import VIEW_MINUTES, VIEWERS

SERVICE = "identity"
STREAMS = (
    *("company-", "contact-", "email-", "roles-", "mail-", "mailtext-", "mailsender-", "view-", "requests-"),
    *("portal-", "menu-", "picture-", "favourites-", "layouts-"),
)


def company_stream(company: str) -> str:
    """The stream of a company and its branches; any service may look whether it has COMPANY_KNOWN."""
    return f"company-{company}"


COMPANY_KNOWN = events.CompanyRecorded.__name__
"""The event that there is as soon as the company itself is known, and not one of its branches alone."""


CODEC = Codec((*events.ALL, *portal_events.ALL, *layout_events.ALL), UPCASTERS)
PUBLISHED = frozenset(
    {
        "BranchRecorded",
        "PermissionsChanged",
        "MembershipGiven",
        "MembershipEnded",
        "ContactDeactivated",
        "ContactReactivated",
        "ContactErased",
        "ContactInvited",
        "PasswordResetAsked",
        "PasswordReset",
        "PasswordChanged",
        "PasswordSet",
        "SecondFactorEnabled",
        "SecondFactorDisabled",
        "PasskeyAdded",
        "PasskeyRemoved",
        "SignInAddressChanged",
        "AccessApproved",
        "AccessRefused",
    }
)
"""None of these has personal data, not even sealed. Those from ContactInvited on are for identity alone."""

PEOPLE_MODEL = "people_v3"
"""Published table `contacts_v3` (see projections/people.py)."""
CONTACTS_TABLE = "contacts_v3"
ROLES_MODEL = "roles_v2"
"""Published table `roles_v2` (see projections/roles.py): the roles there are."""
ROLES_TABLE = "roles_v2"
RIGHTS_MODEL = "rights_history_v3"
"""Published tables `rights_changes_v3`, `role_changes_v3` (see projections/rights_history.py)."""
RIGHTS_TABLE = "rights_changes_v3"
ROLE_CHANGES_TABLE = "role_changes_v3"
COMPANIES_MODEL = "companies_v2"
"""Published tables `companies_v2`, `branches_v2` (see projections/companies.py)."""
COMPANIES_TABLE = "companies_v2"
BRANCHES_TABLE = "branches_v2"
SEARCH_MODEL = "search_v2"
"""Published table `company_words_v2` and, on SQLite, its index `company_fts_v2` (see projections/search.py)."""
MAILS_MODEL = "mails_v1"
"""Published table `mails_v1` (see projections/mails.py)."""
MAIL_CHOICES_MODEL = "mailchoices_v1"
"""Published table `mail_choices_v1` (see projections/mail_choices.py)."""
MAIL_TEXTS_MODEL = "mailtexts_v1"
"""Published tables `mail_texts_v1`, `mail_senders_v1` (see projections/mail_texts.py)."""
FACTORS_MODEL = "factors_v2"
"""Published table `second_factors_v2` (see projections/factors.py)."""
FACTORS_TABLE = "second_factors_v2"
PORTAL_MODEL = "portal_v1"
"""Published tables `portal_settings_v1`, `menu_entries_v1`, `pictures_v1` (see projections/portal.py)."""
ADMIN_CHANGES_MODEL = "adminchanges_v1"
"""Published table `admin_changes_v1` (see projections/admin_changes.py)."""
SIGN_IN_MODEL = "sign_in_changes_v1"
"""Published table `sign_in_changes_v1` (see projections/sign_in_changes.py)."""
SIGN_IN_TABLE = "sign_in_changes_v1"
VIEWINGS_MODEL = "viewings_v1"
"""Published table `viewings_v1` (see projections/viewings.py): who looked as whom."""
VIEWINGS_TABLE = "viewings_v1"
REQUESTS_MODEL = "requests_v1"
"""Published table `access_requests_v1` (see projections/requests.py)."""
REQUESTS_TABLE = "access_requests_v1"
MEMBERSHIPS_MODEL = "memberships_v1"
"""Published table `memberships_v1` (see projections/memberships.py): contacts in companies besides their first one."""
MEMBERSHIPS_TABLE = "memberships_v1"
DELEGATIONS_MODEL = "delegations_v1"
"""Published table `delegations_v1` (see projections/delegations.py): what companies' admins may hand out."""
DELEGATIONS_TABLE = "delegations_v1"
LAYOUTS_MODEL = "layouts_v1"
"""Published tables `layouts_v1`, `layouts_chosen_v1` (see projections/layouts.py): how reports are shown."""
LAYOUTS_TABLE = "layouts_v1"
CHOSEN_LAYOUTS_TABLE = "layouts_chosen_v1"
FAVOURITES_MODEL = "favourites_v1"
"""Published table `favourites_v1` (see projections/favourites.py): the pages people pinned to their menus."""
FAVOURITES_TABLE = "favourites_v1"
CONTACT_STATUSES = ("active", "invited", "recorded", "inactive", "erased")


def _text(longest: int = 200) -> fields.String:
    return fields.String(load_default="", validate=Length(max=longest))


class _Document(Schema):
    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    @pre_load
    def _absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None}


class CompanyDocument(_Document):
    """A company as an ERP connector sends it; see docs/connecting-an-erp.md."""

    name = fields.String(required=True, validate=Length(min=1, max=200))
    currency = fields.String(required=True, validate=Length(equal=3))
    price_list = _text()
    country = _text()
    language = _text(10)
    phone = _text(50)
    email = _text(254)
    address = _text(2000)


class BranchDocument(_Document):
    """A branch of a company."""

    name = fields.String(required=True, validate=Length(min=1, max=200))


class ContactDocument(_Document):
    """A contact person of a company."""

    name = fields.String(required=True, validate=Length(min=1, max=200))
    email = _text(254)
    phone = _text(50)
    language = _text(10)


__all__ = [
    "AS_INSTALLED",
    "LONGEST_IDLE",
    "LONGEST_SESSION",
    "ADMIN_CHANGES_MODEL",
    "BRANCHES_TABLE",
    "CHOOSABLE_MAILS",
    "CODEC",
    "COMPANY_ADMIN",
    "COMPANY_KNOWN",
    "COMPANIES_MODEL",
    "COMPANIES_TABLE",
    "CONTACTS_TABLE",
    "CONTACT_STATUSES",
    "DEFAULT_PERMISSIONS",
    "DELEGATIONS_MODEL",
    "DELEGATIONS_TABLE",
    "FACTORS_MODEL",
    "FEATURE_OFF",
    "FEATURE_SETTING",
    "FACTORS_TABLE",
    "INVITATION_DAYS",
    "CHOSEN_LAYOUTS_TABLE",
    "LARGEST_LOGO",
    "LAYOUTS_MODEL",
    "LAYOUTS_TABLE",
    "LONGEST_LAYOUT_NAME",
    "LONGEST_PASSWORD",
    "MAILS_MODEL",
    "MAIL_CHOICES_MODEL",
    "MAIL_KINDS",
    "FAVOURITES_MODEL",
    "FAVOURITES_TABLE",
    "MAIL_STATES",
    "MAIL_TEXTS_MODEL",
    "MEMBERSHIPS_MODEL",
    "MEMBERSHIPS_TABLE",
    "MENU_ICONS",
    "PEOPLE_MODEL",
    "PERMISSIONS",
    "PORTAL_FEATURES",
    "PORTAL_MODEL",
    "PUBLISHED",
    "REQUESTS_MODEL",
    "REQUESTS_TABLE",
    "RIGHTS_MODEL",
    "RIGHTS_TABLE",
    "ROLES_MODEL",
    "ROLES_TABLE",
    "ROLE_CHANGES_TABLE",
    "RULES_AT_EACH",
    "SEARCH_MODEL",
    "SERVICE",
    "SHORTEST_PASSWORD",
    "SIGN_IN_SETTING",
    "SIGN_IN_WAYS",
    "SIGN_IN_MODEL",
    "SIGN_IN_TABLE",
    "STAFF_ROLES",
    "STREAMS",
    "VIEWERS",
    "VIEWINGS_MODEL",
    "VIEWINGS_TABLE",
    "VIEW_MINUTES",
    "WELCOME_SETTING",
    "BranchDocument",
    "CompanyDocument",
    "ContactDocument",
    "Delegation",
    "Limits",
    "Policy",
    "Rights",
    "colours",
    "SingleSignOn",
    "SingleSignOnRule",
    "effective",
    "in_force",
    "is_safe",
    "limits_of",
    "mail_texts",
    "policy_of",
    "read_policy",
    "written_policy",
    "markup",
    "providers",
]
