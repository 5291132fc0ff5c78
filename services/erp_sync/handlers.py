"""What erp_sync can do, on one screen."""

from __future__ import annotations

from chassis.dispatch import CommandHandler, Tools, by_reactions, changes, create, staff_only
from chassis.messages import Context, Event, Reply
from chassis.repository import Aggregate, now
from services.erp_sync import domain, schemas
from services.erp_sync.adapters import connections
from services.erp_sync.commands import StartImport
from services.erp_sync.contract import CODEC
from services.erp_sync.errors import FileMissing

RUN: Aggregate[domain.Run] = Aggregate("run", domain.Run(), domain.evolve_run, lambda state: None, CODEC)
POSTING: Aggregate[domain.Posting] = Aggregate(
    "posting", domain.Posting(), domain.evolve_posting, lambda state: state.company or None, CODEC
)


async def start_import(command: StartImport, context: Context, tools: Tools) -> Reply:
    """A run whose id derives from the command's, so that handing a file over again finds the same run."""
    connections.load(tools.settings).get(command.connection)

    def decide(run: str) -> list[Event]:  # of a new run alone: when its answer was lost, the file may be gone by now
        for file in (command.file, command.profile_file):
            if not (connections.files_folder(tools.settings) / file).is_file():
                raise FileMissing(file)
        return domain.decide_start_import(run, command, now())

    return await create(RUN, "R", context, tools, decide)


COMMAND_HANDLERS = {
    "StartImport": CommandHandler(schemas.StartImportShape, staff_only(start_import)),
    "RequestPosting": CommandHandler(
        schemas.RequestPostingShape,
        by_reactions(changes(POSTING, "reference", domain.decide_request_posting, create=True)),
    ),
    "WithdrawPosting": CommandHandler(
        schemas.WithdrawPostingShape,
        by_reactions(changes(POSTING, "reference", domain.decide_withdraw_posting, create=True)),
    ),
}
