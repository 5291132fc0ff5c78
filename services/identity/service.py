"""The nameko process of identity: commands over RPC, and what people do before there is a session."""

from __future__ import annotations

from typing import Any

from chassis import log, metrics
from chassis.green import rpc
from chassis.reacting import with_reactions
from chassis.service import CommandService, wait
from services.identity import access
from services.identity.factors import passkey_access, steps
from services.identity.handlers import COMMAND_HANDLERS
from services.identity.mails import outbox
from services.identity.reactions import REACTIONS
from services.identity.single_sign_on import signing_in


@with_reactions(REACTIONS)
class IdentityService(CommandService):
    """Answers `rpc-identity`. The other methods answer `{"status": "done", …}` or a refusal, like `execute`."""

    name = "identity"
    handlers = COMMAND_HANDLERS

    @rpc
    def sign_in(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"email", "password", "correlation_id"}` → who that is, or a ticket for the second step."""
        return self._answer(access.sign_in, payload)

    @rpc
    def second_step(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"ticket", "code", "correlation_id"}` → who that is."""
        return self._answer(steps.second_step, payload)

    @rpc
    def own_password(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"ticket", "password", "command_id", "correlation_id"}` → who that is."""
        return self._answer(steps.own_password, payload)

    @rpc
    def factor_draft(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"ticket"}` → the secret to put into an app, which the company's policy asks for."""
        return self._answer(steps.factor_draft, payload)

    @rpc
    def set_up_factor(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"ticket", "code", "command_id", "correlation_id"}` → who that is, and recovery codes."""
        return self._answer(steps.set_up_factor, payload)

    @rpc
    def passkey_options(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"origin", "ticket"}` → what a browser is asked for a passkey."""
        return self._answer(passkey_access.passkey_options, payload)

    @rpc
    def passkey_sign_in(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"answer", "challenge", "origin", "correlation_id"}` → who that is."""
        return self._answer(passkey_access.passkey_sign_in, payload)

    @rpc
    def passkey_step(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"ticket", "answer", "challenge", "origin", "correlation_id"}` → who that is."""
        return self._answer(passkey_access.passkey_step, payload)

    @rpc
    def passkeys(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"contact_id", "origin"}` → that person's passkeys, and how to make another."""
        return self._answer(passkey_access.passkeys, payload)

    @rpc
    def second_factor_draft(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"contact_id"}` → the secret that person is to put into an app."""
        return self._answer(access.second_factor_draft, payload)

    @rpc
    def single_sign_on(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"provider", "subject", "email", "verified", "name", "groups", "correlation_id"}` → who that is."""
        return self._answer(signing_in.single_sign_on, payload)

    @rpc
    def invitation(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"token"}` → whom the invitation is for."""
        return self._answer(access.invitation, payload)

    @rpc
    def accept_invitation(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"token", "password", "command_id", "correlation_id"}` → who signed up."""
        return self._answer(access.accept_invitation, payload)

    @rpc
    def ask_reset(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"email", "command_id", "correlation_id"}` → nothing, whoever that is."""
        return self._answer(access.ask_reset, payload)

    @rpc
    def reset(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"token"}` → whose password the link is for."""
        return self._answer(access.reset, payload)

    @rpc
    def accept_reset(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"token", "password", "command_id", "correlation_id"}` → whose password it is now."""
        return self._answer(access.accept_reset, payload)

    @rpc
    def outbox(self, payload: dict[str, Any]) -> dict[str, Any]:
        """`{"key"}` → that mail of the outbox folder; without one its newest, see mails/outbox.py."""
        return self._answer(outbox.outbox, payload)

    def _answer(self, method: access.Method, payload: dict[str, Any]) -> dict[str, Any]:
        log.clear()
        with metrics.command_timer(self.name, method.__name__) as outcome:
            answer = wait(access.answer(method, payload, self.tools))
            outcome(answer["status"])
        return answer


SERVICE = IdentityService
