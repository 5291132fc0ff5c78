"""The rules of erp_sync, each as a class."""

from __future__ import annotations

from chassis.errors import Refused


class FileMissing(Refused):
    """What is to be imported is not in the folder of files."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"The file {file} is not in erp_sync's folder. Hand it over again with `portico import`.", file=file
        )


class UnknownConnection(Refused):
    """There is no such connection."""

    def __init__(self, connection: str, known: list[str]) -> None:
        super().__init__(
            f"There is no connection “{connection}”. There are: {', '.join(known)} (connections.yaml).",
            connection=connection,
        )


class UnknownPosting(Refused):
    """An answer speaks of a reference that was never posted."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"“{reference}” is not the reference of anything Portico posted.", reference=reference)


class AnsweredDifferently(Refused):
    """The ERP says two things of one reference, and the second cannot be true with the first."""

    http = 409

    def __init__(self, reference: str, before: str, now: str) -> None:
        super().__init__(
            f"{reference} was answered as {before} before and is answered as {now} now. Somebody has to look at it in"
            " the ERP: Portico keeps the first answer.",
            reference=reference,
        )
