"""An authenticator in software, by the W3C's Web Authentication: it makes passkeys and answers challenges, ES256 alone.

What a browser sends is made by hand so that a test can bend each part of it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes as to_bytes
from webauthn.helpers import bytes_to_base64url as to_text

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One device with one passkey; `verifies`: it asks for finger or PIN. `counter` goes up by one a use."""

    def __init__(self, origin: str, verifies: bool = True) -> None:
        self.origin = origin
        self.verifies = verifies
        self.counter = 0
        self.id = secrets.token_bytes(32)
        self.user = b""
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: str) -> str:
        """The answer to the options of `navigator.credentials.create`."""
        asked = json.loads(options)
        self.user = to_bytes(asked["user"]["id"])
        point = self._key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self._data(asked["rp"]["id"], _ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(self._client("webauthn.create", asked["challenge"]), attestationObject=attested)

    def show(self, options: str) -> str:
        """The answer to the options of `navigator.credentials.get`."""
        asked = json.loads(options)
        self.counter += 1
        client = self._client("webauthn.get", asked["challenge"])
        data = self._data(asked["rpId"])
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(client, authenticatorData=data, signature=signed, userHandle=self.user)

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, client: bytes, **parts: bytes) -> str:
        response: dict[str, Any] = {"clientDataJSON": to_text(client)}
        response |= {name: to_text(part) for name, part in parts.items()}
        head = {"id": to_text(self.id), "rawId": to_text(self.id), "type": "public-key"}
        return json.dumps({**head, "response": response, "clientExtensionResults": {}})
