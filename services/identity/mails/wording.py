"""What a mail's text is, and what stands around it."""

from __future__ import annotations

from typing import NamedTuple


class Wording(NamedTuple):
    """What a mail says, with placeholders."""

    subject: str
    text: str


class Frame(NamedTuple):
    """What stands around every mail: the button's label, whose it is, whom to ask, and how to get fewer of them.

    `locale` is how its dates are written, `direction` how its lines run.
    """

    locale: str
    button: str
    of: str
    help: str
    choose: str
    direction: str = "ltr"
