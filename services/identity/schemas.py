"""Wire ⇄ command."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema
from marshmallow.validate import ContainsOnly, Length, OneOf, Range

from chassis.dispatch import Shape
from chassis.messages import ALL_COMPANIES
from services.identity import commands
from services.identity.domain import PERMISSIONS, STAFF_ROLES
from services.identity.mails.kinds import CHOOSABLE, KINDS
from services.identity.mails.originals import LANGUAGES
from services.identity.portal.settings import SETTINGS

_NAME = Length(min=1, max=200, error="Please write a name of at most 200 characters.")
_ROLE_NAME = Length(min=1, max=60, error="Please write a name of at most 60 characters.")
_WHY = Length(min=1, max=1000, error="Please write a few words, at most 1,000 characters.")
_PASSWORD = Length(min=1, max=200, error="A password has at most 200 characters.")
_CODE = Length(min=1, max=50, error="A code has six digits, or ten characters for recovery.")
_CODES = fields.List(fields.String(validate=Length(min=1, max=100)), allow_none=True)


def _once(values: list[str]) -> None:
    if len(set(values)) < len(values):
        raise ValidationError("Each may be named once only.")


def _one_company(code: str) -> None:
    if code == ALL_COMPANIES:
        raise ValidationError("A contact belongs to one company. Please choose it.")


def _permissions(required: bool) -> fields.List:
    known = ContainsOnly(PERMISSIONS, error="There is no such permission.")
    return fields.List(fields.String(), required=required, validate=[known, _once])


class _OfContact(Shape):
    contact_id = fields.String(required=True)


class _Stripped(Shape):
    @pre_load
    def _strip(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}


class _RightsShape(Shape):
    branches = _CODES
    roles = fields.List(fields.String(validate=Length(min=1, max=20)), validate=_once)
    ends = fields.Dict(keys=fields.String(), values=fields.Date())

    @validates_schema
    def _ends_are_of_grants(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("ends", {}).keys() <= {*data.get("permissions", ()), *data.get("roles", ())}:
            raise ValidationError("Only what is given can end.", "ends")


class _PersonShape(_Stripped):
    name = fields.String(required=True, validate=_NAME)
    email = fields.Email(required=True, validate=Length(max=254))
    phone = fields.String(validate=Length(max=50))
    language = fields.String(validate=Length(max=10))


class CreateContactShape(_PersonShape, _RightsShape):
    """CreateContact as an admin's form sends it."""

    makes = commands.CreateContact
    for_company = fields.String(required=True, validate=[Length(min=1, max=100), _one_company])
    permissions = _permissions(required=False)


class CreateStaffShape(_PersonShape):
    """CreateStaff as set-up sends it."""

    makes = commands.CreateStaff
    staff_roles = fields.List(
        fields.String(),
        required=True,
        validate=[Length(min=1), ContainsOnly(STAFF_ROLES, error="There is no such role."), _once],
    )


class InviteContactShape(_OfContact):
    """InviteContact as an admin's form sends it."""

    makes = commands.InviteContact


class SetPasswordShape(_OfContact):
    """SetPassword as an admin's form sends it."""

    makes = commands.SetPassword
    password = fields.String(required=True, validate=_PASSWORD)


class LiftSignInLockShape(_OfContact):
    """LiftSignInLock as an admin's button sends it."""

    makes = commands.LiftSignInLock


class ChangePasswordShape(Shape):
    """ChangePassword as the settings page sends it."""

    makes = commands.ChangePassword
    current = fields.String(required=True, validate=_PASSWORD)
    new = fields.String(required=True, validate=_PASSWORD)


class SetPermissionsShape(_RightsShape):
    """SetPermissions as an admin's form sends it."""

    makes = commands.SetPermissions
    contact_id = fields.String(required=True)
    permissions = _permissions(required=True)
    in_company = fields.String(validate=Length(max=100))


class AddToCompanyShape(_RightsShape):
    """AddToCompany as a portal admin's form sends it."""

    makes = commands.AddToCompany
    contact_id = fields.String(required=True)
    to_company = fields.String(required=True, validate=[Length(min=1, max=100), _one_company])
    permissions = _permissions(required=True)


class RemoveFromCompanyShape(_OfContact):
    """RemoveFromCompany as an admin's button sends it."""

    makes = commands.RemoveFromCompany
    from_company = fields.String(required=True, validate=Length(min=1, max=100))


class SetDelegationShape(_OfContact):
    """SetDelegation as a portal admin's form sends it."""

    makes = commands.SetDelegation
    permissions = fields.List(
        fields.String(),
        allow_none=True,
        validate=[ContainsOnly(PERMISSIONS, error="There is no such permission."), _once],
    )
    appoints = fields.Boolean()


class RequestAccessShape(_Stripped):
    """RequestAccess as the page sends it."""

    makes = commands.RequestAccess
    name = fields.String(required=True, validate=_NAME)
    email = fields.Email(required=True, validate=Length(max=254))
    phone = fields.String(validate=Length(max=50))
    why = fields.String(required=True, validate=_WHY)
    permissions = _permissions(required=True)
    branches = _CODES


class _AnswerShape(_Stripped):
    request = fields.String(required=True, validate=Length(min=1, max=64))
    for_company = fields.String(required=True, validate=[Length(min=1, max=100), _one_company])


class ApproveAccessShape(_AnswerShape, _RightsShape):
    """ApproveAccess as an admin's form sends it."""

    makes = commands.ApproveAccess
    permissions = _permissions(required=True)


class RefuseAccessShape(_AnswerShape):
    """RefuseAccess as an admin's form sends it."""

    makes = commands.RefuseAccess
    reason = fields.String(required=True, validate=_WHY)


class _RoleShape(_Stripped):
    name = fields.String(required=True, validate=_ROLE_NAME)
    permissions = _permissions(required=True)


class DefineRoleShape(_RoleShape):
    """DefineRole as a portal admin's form sends it."""

    makes = commands.DefineRole


class ChangeRoleShape(_RoleShape):
    """ChangeRole as a portal admin's form sends it."""

    makes = commands.ChangeRole
    role = fields.String(required=True)


class RemoveRoleShape(Shape):
    """RemoveRole as a portal admin's form sends it."""

    makes = commands.RemoveRole
    role = fields.String(required=True)


class BeginViewAsShape(_OfContact):
    """BeginViewAs as a button of staff's sends it."""

    makes = commands.BeginViewAs


class EndViewAsShape(Shape):
    """EndViewAs as the banner's button sends it."""

    makes = commands.EndViewAs
    view = fields.String(required=True, validate=Length(min=1, max=64))


class DeactivateContactShape(_OfContact):
    """DeactivateContact as an admin's form sends it."""

    makes = commands.DeactivateContact


class ReactivateContactShape(_OfContact):
    """ReactivateContact as an admin's form sends it."""

    makes = commands.ReactivateContact


class EraseContactShape(_OfContact):
    """EraseContact as an admin's form sends it."""

    makes = commands.EraseContact


class ChooseMailsShape(Shape):
    """ChooseMails as the settings page sends it."""

    makes = commands.ChooseMails
    off = fields.List(
        fields.String(),
        required=True,
        validate=[ContainsOnly(CHOOSABLE, error="This kind of mail cannot be switched off."), _once],
    )


class RequestMailShape(Shape):
    """RequestMail, which reactions give."""

    makes = commands.RequestMail
    mail = fields.String(required=True, validate=Length(min=1, max=64))
    contact_id = fields.String(required=True)
    kind = fields.String(required=True, validate=OneOf(tuple(KINDS)))
    params = fields.Dict(fields.String(), fields.String())
    useful_until = fields.AwareDateTime(allow_none=True)


class SendMailAgainShape(Shape):
    """SendMailAgain as an admin's button sends it."""

    makes = commands.SendMailAgain
    mail = fields.String(required=True, validate=Length(min=1, max=64))


class _MailTextShape(Shape):
    kind = fields.String(required=True, validate=OneOf(tuple(KINDS)))
    language = fields.String(required=True, validate=OneOf(LANGUAGES))


class RestoreMailTextShape(_MailTextShape):
    """RestoreMailText as an admin's button sends it."""

    makes = commands.RestoreMailText


class ChangeMailTextShape(_MailTextShape):
    """ChangeMailText as an admin's form sends it; what the text must be is the domain's to say."""

    makes = commands.ChangeMailText
    subject = fields.String(required=True, validate=Length(max=1000))
    text = fields.String(required=True, validate=Length(max=20_000))


class ChangeMailSenderShape(Shape):
    """ChangeMailSender as an admin's form sends it."""

    makes = commands.ChangeMailSender
    name = fields.String(validate=Length(max=200))
    address = fields.String(validate=Length(max=254))
    reply_to = fields.String(validate=Length(max=254))


class EnableSecondFactorShape(Shape):
    """EnableSecondFactor as the settings page sends it."""

    makes = commands.EnableSecondFactor
    code = fields.String(required=True, validate=_CODE)


class _ProofShape(Shape):
    password = fields.String(required=True, validate=_PASSWORD)
    code = fields.String(required=True, validate=_CODE)


class RenewRecoveryCodesShape(_ProofShape):
    """RenewRecoveryCodes as the settings page sends it."""

    makes = commands.RenewRecoveryCodes


class DisableSecondFactorShape(_ProofShape):
    """DisableSecondFactor as the settings page sends it."""

    makes = commands.DisableSecondFactor


class AddPasskeyShape(_Stripped):
    """AddPasskey as the settings page sends it."""

    makes = commands.AddPasskey
    name = fields.String(required=True, validate=_ROLE_NAME)
    challenge = fields.String(required=True, validate=Length(min=1, max=200))
    answer = fields.String(required=True, validate=Length(min=2, max=20_000))
    origin = fields.String(required=True, validate=Length(min=1, max=300))
    password = fields.String(required=True, validate=_PASSWORD)


class RemovePasskeyShape(Shape):
    """RemovePasskey as the settings page sends it."""

    makes = commands.RemovePasskey
    passkey = fields.String(required=True, validate=Length(min=1, max=64))
    password = fields.String(required=True, validate=_PASSWORD)


class RemoveSecondFactorShape(_OfContact):
    """RemoveSecondFactor as an admin's button sends it."""

    makes = commands.RemoveSecondFactor


class ChangeSettingsShape(Shape):
    """ChangeSettings as admins' forms send it; what a value must be is settings.py's to say."""

    makes = commands.ChangeSettings
    settings = fields.Dict(
        keys=fields.String(validate=OneOf(SETTINGS)),
        values=fields.String(validate=Length(max=20_000)),
        required=True,
        validate=Length(min=1),
    )


class ChangeLogoShape(Shape):
    """ChangeLogo as the branding page sends it."""

    makes = commands.ChangeLogo
    content = fields.String(required=True, validate=Length(max=800_000))


def _by_language(required: bool) -> fields.Dict:
    values = fields.String(validate=Length(max=20_000))
    return fields.Dict(fields.String(validate=OneOf(LANGUAGES)), values, required=required)


class SetMenuEntryShape(Shape):
    """SetMenuEntry as the menu's page sends it; what an entry must be is menu.py's to say."""

    makes = commands.SetMenuEntry
    entry = fields.String(validate=Length(max=20))
    titles = _by_language(required=True)
    address = fields.String(validate=Length(max=1000))
    texts = _by_language(required=False)
    icon = fields.String(validate=Length(max=50))
    place = fields.Integer()
    pinned = fields.Boolean()
    for_company = fields.String(validate=Length(max=100))
    permission = fields.String(validate=Length(max=50))


class RemoveMenuEntryShape(Shape):
    """RemoveMenuEntry as an admin's button sends it."""

    makes = commands.RemoveMenuEntry
    entry = fields.String(required=True, validate=Length(min=1, max=20))


class UndoChangeShape(Shape):
    """UndoChange as the history's button sends it."""

    makes = commands.UndoChange
    kind = fields.String(required=True, validate=OneOf(("setting", "menu", "mailtext", "mailsender")))
    key = fields.String(required=True, validate=Length(min=1, max=100))
    change = fields.Integer(required=True, validate=Range(min=0))


UPCASTERS = {("PermissionsChanged", 1): lambda data: {**data, "roles": [], "ends": {}}}
