"""The key of an authenticator app, as a person gets it: a picture to scan, and text."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
import segno

from gateway.parts import parts
from gateway.portal import house


@dataclass(frozen=True, slots=True)
class AppKey:
    """A key: `uri` is what the `picture` (SVG, as a data: address) says, `text` the secret in groups of four."""

    uri: str
    picture: str
    text: str


def app_key(secret: str, email: str) -> AppKey:
    """The key with this secret (base32) of who signs in with this address, in the portal's name."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=house(parts()).supplier)
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, light="#fff", dark="#000")
    return AppKey(uri, picture, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)))
