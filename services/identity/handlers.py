"""What identity can do, on one screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chassis.dispatch import CommandHandler, Handle, Tools, by_reactions, changes, staff_only
from chassis.messages import Context, Reply
from services.identity import contacts, definitions, domain, schemas
from services.identity.details import handling as details
from services.identity.details import schemas as detail_schemas
from services.identity.factors import handling as factors
from services.identity.favourites import domain as favourites
from services.identity.favourites import handling as pinning
from services.identity.layouts import commands as layout_shapes
from services.identity.layouts import handling as layouts
from services.identity.mails import domain as mails
from services.identity.mails import editing, requesting
from services.identity.portal import handling as portal
from services.identity.portal import languages
from services.identity.requests import handling as requests
from services.identity.streams import CONTACT, MAIL
from services.identity.vault import open_vault
from services.identity.viewing import handling as viewing


def _guarded(handle: Handle) -> Handle:
    """The handler, under a payload hash by which nobody can guess the names and addresses in the payload."""

    async def guarded(command: Any, context: Context, tools: Tools) -> Reply:
        digest = open_vault(tools.settings).guarded(context.payload_hash)
        return await handle(command, replace(context, payload_hash=digest), tools)

    return guarded


def _secret(handle: Handle) -> Handle:
    """The handler, under a payload hash that knows nothing of the passwords in the payload."""

    async def secret(command: Any, context: Context, tools: Tools) -> Reply:
        contact = getattr(command, "contact_id", context.actor)
        return await handle(command, replace(context, payload_hash=f"{type(command).__name__}/{contact}"), tools)

    return secret


COMMAND_HANDLERS = {
    "CreateContact": CommandHandler(schemas.CreateContactShape, _guarded(contacts.create_contact)),
    "CreateStaff": CommandHandler(schemas.CreateStaffShape, staff_only(_guarded(contacts.create_staff))),
    "InviteContact": CommandHandler(schemas.InviteContactShape, _guarded(contacts.invite)),
    "SetPassword": CommandHandler(schemas.SetPasswordShape, _secret(contacts.set_password)),
    "LiftSignInLock": CommandHandler(schemas.LiftSignInLockShape, _guarded(contacts.lift_lock)),
    "ChangePassword": CommandHandler(schemas.ChangePasswordShape, _secret(contacts.change_password)),
    "SetPermissions": CommandHandler(schemas.SetPermissionsShape, _guarded(contacts.set_permissions)),
    "DefineRole": CommandHandler(schemas.DefineRoleShape, definitions.define_role),
    "ChangeRole": CommandHandler(schemas.ChangeRoleShape, definitions.change_role),
    "RemoveRole": CommandHandler(schemas.RemoveRoleShape, definitions.remove_role),
    "BeginViewAs": CommandHandler(schemas.BeginViewAsShape, viewing.begin),
    "EndViewAs": CommandHandler(schemas.EndViewAsShape, viewing.end),
    "AddToCompany": CommandHandler(schemas.AddToCompanyShape, _guarded(contacts.add_to_company)),
    "RemoveFromCompany": CommandHandler(schemas.RemoveFromCompanyShape, _guarded(contacts.remove_from_company)),
    "SetDelegation": CommandHandler(schemas.SetDelegationShape, _guarded(contacts.set_delegation)),
    "RequestAccess": CommandHandler(schemas.RequestAccessShape, _guarded(requests.ask)),
    "ApproveAccess": CommandHandler(schemas.ApproveAccessShape, _guarded(requests.approve)),
    "RefuseAccess": CommandHandler(schemas.RefuseAccessShape, _guarded(requests.refuse)),
    "DeactivateContact": CommandHandler(
        schemas.DeactivateContactShape,
        _guarded(details.but_the_last_admin(contacts.switches(domain.decide_deactivate))),
    ),
    "ReactivateContact": CommandHandler(
        schemas.ReactivateContactShape, _guarded(contacts.switches(domain.decide_reactivate))
    ),
    "ChooseMails": CommandHandler(schemas.ChooseMailsShape, changes(CONTACT, "actor", domain.decide_choose_mails)),
    "ChooseLanguage": CommandHandler(schemas.ChooseLanguageShape, changes(CONTACT, "actor", languages.decide_choose)),
    "PinPage": CommandHandler(schemas.PinPageShape, pinning.changes(favourites.decide_pin)),
    "UnpinPage": CommandHandler(schemas.UnpinPageShape, pinning.changes(favourites.decide_unpin)),
    "RequestMail": CommandHandler(schemas.RequestMailShape, by_reactions(requesting.request_mail)),
    "SendMailAgain": CommandHandler(
        schemas.SendMailAgainShape, staff_only(changes(MAIL, "mail", mails.decide_send_again))
    ),
    "ChangeMailText": CommandHandler(schemas.ChangeMailTextShape, staff_only(editing.change_text)),
    "RestoreMailText": CommandHandler(schemas.RestoreMailTextShape, staff_only(editing.restore_text)),
    "ChangeMailSender": CommandHandler(schemas.ChangeMailSenderShape, staff_only(editing.change_sender)),
    "EnableSecondFactor": CommandHandler(schemas.EnableSecondFactorShape, _secret(factors.enable)),
    "RenewRecoveryCodes": CommandHandler(schemas.RenewRecoveryCodesShape, _secret(factors.renew_codes)),
    "DisableSecondFactor": CommandHandler(schemas.DisableSecondFactorShape, _secret(factors.disable)),
    "AddPasskey": CommandHandler(schemas.AddPasskeyShape, _secret(factors.add_passkey)),
    "RemovePasskey": CommandHandler(schemas.RemovePasskeyShape, _secret(factors.remove_passkey)),
    "RemoveSecondFactor": CommandHandler(schemas.RemoveSecondFactorShape, staff_only(_guarded(factors.remove))),
    "ChangeSettings": CommandHandler(schemas.ChangeSettingsShape, portal.change_settings),
    "ChangeLogo": CommandHandler(schemas.ChangeLogoShape, portal.change_logo),
    "SetMenuEntry": CommandHandler(schemas.SetMenuEntryShape, portal.set_menu_entry),
    "RemoveMenuEntry": CommandHandler(schemas.RemoveMenuEntryShape, portal.remove_menu_entry),
    "UndoChange": CommandHandler(schemas.UndoChangeShape, portal.undo_change),
    "SaveLayout": CommandHandler(layout_shapes.SaveLayoutShape, layouts.save),
    "RemoveLayout": CommandHandler(layout_shapes.RemoveLayoutShape, layouts.remove),
    "ChooseLayout": CommandHandler(layout_shapes.ChooseLayoutShape, layouts.choose),
    "CorrectContact": CommandHandler(detail_schemas.CorrectContactShape, _guarded(details.correct_contact)),
    "CorrectOwnDetails": CommandHandler(detail_schemas.CorrectOwnDetailsShape, _guarded(details.correct_own)),
    "SetStaffRoles": CommandHandler(detail_schemas.SetStaffRolesShape, _guarded(details.set_staff_roles)),
    "EraseContact": CommandHandler(schemas.EraseContactShape, _guarded(details.but_the_last_admin(contacts.erase))),
}
