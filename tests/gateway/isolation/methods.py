"""What services do without a page: their methods by whom is asked about, and their commands for staff of any role."""

from __future__ import annotations

AGENT_AT_THE_SERVICES = {
    **dict.fromkeys(("cases.ReplyToCase", "cases.AnswerCase", "cases.ChangeCaseStatus"), "done"),
    **dict.fromkeys(("orders.CancelOrder", "identity.BeginViewAs"), "done"),
    **dict.fromkeys(("licensing.GrantFeature", "licensing.WithdrawFeature", "erp_sync.StartImport"), "done"),
    **dict.fromkeys(("identity.ChooseMails", "identity.ChooseLanguage"), "done"),
    **dict.fromkeys(("identity.PinPage", "identity.UnpinPage", "identity.CorrectOwnDetails"), "done"),
    "identity.EndViewAs": "404",
}
"""What services do for staff who are no portal admins: 403 where it is not here and staff (an admin) may. Of other
services than identity any staff may, for they know no roles; what is their own; and a view that they began.
"""

METHODS = """
                                owner off   nobody used
identity.sign_in                done  401   401    -
identity.invitation             -     -     404    410
identity.accept_invitation      -     -     404    410
identity.second_step            -     -     410    -
identity.second_factor_draft    done  409   404    -
identity.ask_reset              done  done  done   -
identity.reset                  -     -     404    410
identity.accept_reset           -     -     404    410
identity.outbox                 done  -     404    -
erp_sync.run_status             done  done  done   -
identity.single_sign_on         -     -     404    -
identity.own_password           -     -     410    -
identity.factor_draft           -     -     410    -
identity.set_up_factor          -     -     410    -
identity.passkey_options        done  done  done   -
identity.passkey_sign_in        -     -     401    -
identity.passkey_step           -     -     410    -
identity.passkeys               done  409   404    -
"""
"""RPC methods, which know no company: by whom they name. Counts of a run are all that `run_status` tells, to whom
knows the run.
"""

METHODS_OF_STAFF = {"identity.outbox": "portal_admin"}
"""Methods that tell what is everybody's, and the role of those alone for whom a page may call them."""
