"""Wire ⇄ command."""

from __future__ import annotations

from marshmallow import fields
from marshmallow.validate import ContainsOnly, Length, OneOf, Range, Regexp

from chassis.dispatch import Shape
from services.identity import commands
from services.identity.domain import PERMISSIONS, STAFF_ROLES
from services.identity.favourites import commands as pinning
from services.identity.mails.kinds import CHOOSABLE, KINDS
from services.identity.mails.originals import LANGUAGES
from services.identity.shapes import CODES, RightsShape, Stripped, once, one_company, permissions

_NAME = Length(min=1, max=200, error="Please write a name of at most 200 characters.")
_ROLE_NAME = Length(min=1, max=60, error="Please write a name of at most 60 characters.")
_WHY = Length(min=1, max=1000, error="Please write a few words, at most 1,000 characters.")
_PASSWORD = Length(min=1, max=200, error="A password has at most 200 characters.")
_PAGE = Regexp(r"/(?!/)[\w\-/?=&.]{0,199}\Z", error="This is not a page of the portal.")
_CODE = Length(min=1, max=50, error="A code has six digits, or ten characters for recovery.")


class CreateContactShape(Stripped, RightsShape):
    """CreateContact as an admin's form sends it."""

    makes = commands.CreateContact
    for_company = fields.String(required=True, validate=[Length(min=1, max=100), one_company])
    name = fields.String(required=True, validate=_NAME)
    email = fields.Email(required=True, validate=Length(max=254))
    phone = fields.String(validate=Length(max=50))
    language = fields.String(validate=Length(max=10))
    permissions = permissions(required=False)


class CreateStaffShape(Stripped):
    """CreateStaff as set-up sends it."""

    makes = commands.CreateStaff
    name = fields.String(required=True, validate=_NAME)
    email = fields.Email(required=True, validate=Length(max=254))
    phone = fields.String(validate=Length(max=50))
    language = fields.String(validate=Length(max=10))
    staff_roles = fields.List(
        fields.String(),
        required=True,
        validate=[Length(min=1), ContainsOnly(STAFF_ROLES, error="There is no such role."), once],
    )


class InviteContactShape(Shape):
    """InviteContact as an admin's form sends it."""

    makes = commands.InviteContact
    contact_id = fields.String(required=True)


class SetPasswordShape(Shape):
    """SetPassword as an admin's form sends it."""

    makes = commands.SetPassword
    contact_id = fields.String(required=True)
    password = fields.String(required=True, validate=_PASSWORD)


class LiftSignInLockShape(Shape):
    """LiftSignInLock as an admin's button sends it."""

    makes = commands.LiftSignInLock
    contact_id = fields.String(required=True)


class ChangePasswordShape(Shape):
    """ChangePassword as the settings page sends it."""

    makes = commands.ChangePassword
    current = fields.String(required=True, validate=_PASSWORD)
    new = fields.String(required=True, validate=_PASSWORD)


class SetPermissionsShape(RightsShape):
    """SetPermissions as an admin's form sends it."""

    makes = commands.SetPermissions
    contact_id = fields.String(required=True)
    permissions = permissions(required=True)
    in_company = fields.String(validate=Length(max=100))


class AddToCompanyShape(RightsShape):
    """AddToCompany as a portal admin's form sends it."""

    makes = commands.AddToCompany
    contact_id = fields.String(required=True)
    to_company = fields.String(required=True, validate=[Length(min=1, max=100), one_company])
    permissions = permissions(required=True)


class RemoveFromCompanyShape(Shape):
    """RemoveFromCompany as an admin's button sends it."""

    makes = commands.RemoveFromCompany
    contact_id = fields.String(required=True)
    from_company = fields.String(required=True, validate=Length(min=1, max=100))


class SetDelegationShape(Shape):
    """SetDelegation as a portal admin's form sends it."""

    makes = commands.SetDelegation
    contact_id = fields.String(required=True)
    in_company = fields.String(validate=Length(max=100))
    permissions = fields.List(
        fields.String(),
        allow_none=True,
        validate=[ContainsOnly(PERMISSIONS, error="There is no such permission."), once],
    )
    appoints = fields.Boolean()


class RequestAccessShape(Stripped):
    """RequestAccess as the page sends it."""

    makes = commands.RequestAccess
    name = fields.String(required=True, validate=_NAME)
    email = fields.Email(required=True, validate=Length(max=254))
    phone = fields.String(validate=Length(max=50))
    why = fields.String(required=True, validate=_WHY)
    permissions = permissions(required=True)
    branches = CODES


class _AnswerShape(Stripped):
    request = fields.String(required=True, validate=Length(min=1, max=64))
    for_company = fields.String(required=True, validate=[Length(min=1, max=100), one_company])


class ApproveAccessShape(_AnswerShape, RightsShape):
    """ApproveAccess as an admin's form sends it."""

    makes = commands.ApproveAccess
    permissions = permissions(required=True)


class RefuseAccessShape(_AnswerShape):
    """RefuseAccess as an admin's form sends it."""

    makes = commands.RefuseAccess
    reason = fields.String(required=True, validate=_WHY)


class _RoleShape(Stripped):
    name = fields.String(required=True, validate=_ROLE_NAME)
    permissions = permissions(required=True)


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


class BeginViewAsShape(Shape):
    """BeginViewAs as a button of staff's sends it."""

    makes = commands.BeginViewAs
    contact_id = fields.String(required=True)
    in_company = fields.String(validate=Length(max=100))


class EndViewAsShape(Shape):
    """EndViewAs as the banner's button sends it."""

    makes = commands.EndViewAs
    view = fields.String(required=True, validate=Length(min=1, max=64))


class DeactivateContactShape(Shape):
    """DeactivateContact as an admin's form sends it."""

    makes = commands.DeactivateContact
    contact_id = fields.String(required=True)


class ReactivateContactShape(Shape):
    """ReactivateContact as an admin's form sends it."""

    makes = commands.ReactivateContact
    contact_id = fields.String(required=True)


class EraseContactShape(Shape):
    """EraseContact as an admin's form sends it."""

    makes = commands.EraseContact
    contact_id = fields.String(required=True)


class ChooseMailsShape(Shape):
    """ChooseMails as the settings page sends it."""

    makes = commands.ChooseMails
    off = fields.List(
        fields.String(),
        required=True,
        validate=[ContainsOnly(CHOOSABLE, error="This kind of mail cannot be switched off."), once],
    )


class ChooseLanguageShape(Shape):
    """ChooseLanguage as the settings page and the menu send it."""

    makes = commands.ChooseLanguage
    language = fields.String(required=True, validate=OneOf(LANGUAGES))


class PinPageShape(Shape):
    """PinPage as the menu sends it."""

    makes = pinning.PinPage
    page = fields.String(required=True, validate=_PAGE)


class UnpinPageShape(Shape):
    """UnpinPage as the menu sends it."""

    makes = pinning.UnpinPage
    page = fields.String(required=True, validate=_PAGE)


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


class AddPasskeyShape(Stripped):
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


class RemoveSecondFactorShape(Shape):
    """RemoveSecondFactor as an admin's button sends it."""

    makes = commands.RemoveSecondFactor
    contact_id = fields.String(required=True)


class ChangeSettingsShape(Shape):
    """ChangeSettings as admins' forms send it; what a value must be is settings.py's to say."""

    makes = commands.ChangeSettings
    settings = fields.Dict(
        keys=fields.String(validate=Length(min=1, max=120)),
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
