"""The portal's own licences, through the real processes, broker and store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import pytest
from esdbclient import NewEvent, StreamState

from chassis.codec import dumps
from chassis.errors import CommandReused, Invalid, RemoteRefusal
from chassis.messages import ALL_COMPANIES, Event
from chassis.store import StoreClient
from services.identity.contract import CODEC, company_stream
from services.identity.events import BranchRecorded, CompanyRecorded
from tests.support.services import RunningService

ADMIN = "K-9002"


@pytest.fixture(scope="module")
def licensing(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service, and the companies that identity knows."""
    running = start_service("licensing")
    with closing(StoreClient(running.settings.esdb_uri)) as store:
        for company in ("LIC-1", "LIC-2", "LIC-3", "LIC-4", "LIC-5"):
            tell(store, company, CompanyRecorded(company, company, "EUR", "", "", "", "", "", ""))
        tell(store, "LIC-6", BranchRecorded("LIC-6", "B1", "North"))
    return running


def tell(store: StoreClient, company: str, event: Event) -> None:
    """Append what identity would of the company."""
    name, data, version = CODEC.encode(event)
    new = NewEvent(type=name, data=data, metadata=dumps({"schema": version}))
    store.append_to_stream(company_stream(company), current_version=StreamState.ANY, events=[new])


def licensed(licensing: RunningService, company: str) -> set[str]:
    """The features licensed for the company, or for all with "*"."""
    return {row["feature"] for row in licensing.rows("SELECT * FROM features_v1 WHERE company = ?", company)}


def send(licensing: RunningService, command: str, feature: str, company: str) -> None:
    """Send the command and wait until the read model shows it."""
    payload = {"feature": feature, "for_company": company}
    answer = licensing.send(command, payload, ALL_COMPANIES, ADMIN)
    licensing.wait_position("features_v1", answer["position"])


def test_a_feature_is_licensed_for_everyone_and_taken_back(licensing: RunningService) -> None:
    send(licensing, "GrantFeature", "order_pad", "*")
    assert licensed(licensing, "*") == {"order_pad"}
    send(licensing, "WithdrawFeature", "order_pad", "*")
    assert licensed(licensing, "*") == set()


def test_a_companys_licence_is_its_own(licensing: RunningService) -> None:
    send(licensing, "GrantFeature", "order_pad", "LIC-1")
    send(licensing, "GrantFeature", "marketplace", "LIC-1")
    assert licensed(licensing, "LIC-1") == {"order_pad", "marketplace"}
    assert licensed(licensing, "LIC-2") == set()
    with pytest.raises(RemoteRefusal, match="Withdraw the Marketplace first") as refused:
        send(licensing, "WithdrawFeature", "order_pad", "LIC-1")
    assert refused.value.code == "OrderPadInUse"


def test_the_marketplace_alone_is_refused(licensing: RunningService) -> None:
    with pytest.raises(RemoteRefusal, match="Grant the Order Pad first"):
        send(licensing, "GrantFeature", "marketplace", "LIC-3")


def test_what_is_licensed_already_is_done_and_changes_nothing(licensing: RunningService) -> None:
    payload = {"feature": "order_pad", "for_company": "LIC-4"}
    first = licensing.send("GrantFeature", payload, ALL_COMPANIES, ADMIN)
    again = licensing.send("GrantFeature", payload, ALL_COMPANIES, ADMIN)
    assert (again["revision"], again["position"]) == (first["revision"], first["position"])


def test_the_same_command_again_gets_the_first_reply_and_other_content_is_refused(licensing: RunningService) -> None:
    command_id = uuid4()
    payload = {"feature": "order_pad", "for_company": "LIC-5"}
    first = licensing.send("GrantFeature", payload, ALL_COMPANIES, ADMIN, command_id)
    assert licensing.send("GrantFeature", payload, ALL_COMPANIES, ADMIN, command_id) == {**first, "repeated": True}
    with pytest.raises(CommandReused):
        licensing.send("GrantFeature", {**payload, "feature": "marketplace"}, ALL_COMPANIES, ADMIN, command_id)


def test_a_company_that_does_not_exist_is_refused_with_what_to_do(licensing: RunningService) -> None:
    with pytest.raises(Invalid) as refused:
        send(licensing, "GrantFeature", "order_pad", "C-NONE")
    (said,) = refused.value.details["fields"]["for_company"]
    assert said == "There is no such company. A new one is here as soon as the ERP has told of it."
    send(licensing, "WithdrawFeature", "order_pad", "C-NONE")
    assert licensed(licensing, "C-NONE") == set()


def test_a_company_of_which_only_a_branch_is_known_is_refused_until_it_is_known_itself(
    licensing: RunningService,
) -> None:
    with pytest.raises(Invalid, match="Nothing was licensed"):
        send(licensing, "GrantFeature", "order_pad", "LIC-6")
    with closing(StoreClient(licensing.settings.esdb_uri)) as store:
        tell(store, "LIC-6", CompanyRecorded("LIC-6", "LIC-6", "EUR", "", "", "", "", "", ""))
    send(licensing, "GrantFeature", "order_pad", "LIC-6")
    assert licensed(licensing, "LIC-6") == {"order_pad"}


def test_a_feature_that_does_not_exist_is_refused(licensing: RunningService) -> None:
    with pytest.raises(Invalid) as refused:
        send(licensing, "GrantFeature", "teleport", "*")
    assert "feature" in refused.value.details["fields"]
