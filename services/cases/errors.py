"""The rules that cases can break, each as a class."""

from __future__ import annotations

from chassis.errors import Refused
from chassis.sentences import sentence


class CaseClosed(Refused):
    """A closed case takes no more messages."""

    http = 409

    def __init__(self, case: str) -> None:
        super().__init__(
            sentence("Case %(case)s is closed. Open a new case and mention %(case)s in it.", case=case), case=case
        )


class UnknownStatus(Refused):
    """The status is not one of a case's."""

    def __init__(self, status: str) -> None:
        super().__init__(sentence("“%(status)s” is not a status of a case.", status=status), status=status)
