"""Which commands pages may send, and who must be signed in for it. What is not here is sent by no page.

A page says who may see it (routes.py); this says once more, for whatever page, whose wish a command may be. Services
trust the gateway with that: they know companies, not permissions.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.routes import Access


def _contacts(permission: str) -> Access:
    return Access(needs=frozenset({permission}), customers=True)


def _weighty(access: Access) -> Access:
    """What people may do and how they come in: who changes that proves anew who they are (proof.py)."""
    return replace(access, proof=True)


def _staff(*roles: str) -> Access:
    return Access(roles=frozenset(roles))


_AGENTS, _ADMIN = replace(_staff("agent", "portal_admin"), part="support"), _staff("portal_admin")
# Companies' own admins, too: how far they may go is looked up by the service.
_ADMINS = Access(roles=frozenset({"portal_admin"}), needs=frozenset({"company_admin"}))

SENT_BY_PAGES = {
    "cases.OpenCase": _contacts("open_cases"),
    "cases.ReplyToCase": _contacts("open_cases"),
    "cases.AnswerCase": _AGENTS,
    "cases.ChangeCaseStatus": _AGENTS,
    "orders.PlaceOrder": _contacts("order"),
    "orders.CancelOrder": _contacts("order"),
    "identity.CreateContact": _weighty(_ADMINS),
    "identity.InviteContact": _weighty(_ADMINS),
    "identity.SetPermissions": _weighty(_ADMINS),
    "identity.SetDelegation": _weighty(_ADMIN),
    "identity.AddToCompany": _weighty(_ADMIN),
    "identity.RemoveFromCompany": _weighty(_ADMINS),
    "identity.RequestAccess": Access(customers=True),
    "identity.ApproveAccess": _weighty(_ADMINS),
    "identity.RefuseAccess": _ADMINS,
    "identity.SetPassword": _weighty(_ADMIN),
    "identity.LiftSignInLock": _weighty(_ADMIN),
    "identity.DefineRole": _weighty(_ADMIN),
    "identity.ChangeRole": _weighty(_ADMIN),
    "identity.RemoveRole": _weighty(_ADMIN),
    "identity.BeginViewAs": _AGENTS,
    "identity.EndViewAs": _AGENTS,
    "identity.DeactivateContact": _weighty(_ADMINS),
    "identity.ReactivateContact": _weighty(_ADMINS),
    "identity.CorrectContact": _weighty(_ADMINS),
    "identity.CorrectOwnDetails": Access(),
    "identity.EraseContact": _weighty(_ADMIN),
    "identity.ChangePassword": Access(),
    "identity.EnableSecondFactor": Access(),
    "identity.RenewRecoveryCodes": Access(),
    "identity.DisableSecondFactor": Access(),
    "identity.AddPasskey": Access(),
    "identity.RemovePasskey": Access(),
    "identity.RemoveSecondFactor": _weighty(_ADMIN),
    "identity.ChooseMails": Access(customers=True),
    "identity.ChooseLanguage": Access(),
    "identity.PinPage": Access(),
    "identity.UnpinPage": Access(),
    "identity.SendMailAgain": _ADMIN,
    "identity.ChangeMailText": _ADMIN,
    "identity.RestoreMailText": _ADMIN,
    "identity.ChangeMailSender": _ADMIN,
    "identity.ChangeSettings": _weighty(_ADMIN),
    "identity.ChangeLogo": _ADMIN,
    "identity.SetMenuEntry": _ADMIN,
    "identity.RemoveMenuEntry": _ADMIN,
    "identity.UndoChange": _weighty(_ADMIN),
    "identity.SaveLayout": _contacts("layouts_export"),
    "identity.RemoveLayout": _contacts("layouts_export"),
    "identity.ChooseLayout": _contacts("layouts_export"),
    "licensing.GrantFeature": _ADMIN,
    "licensing.WithdrawFeature": _ADMIN,
}
"""`service.Command` → whose it may be; an `Access` that names nobody: everybody who is signed in."""
