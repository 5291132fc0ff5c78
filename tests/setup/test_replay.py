"""`portico replay`: events given to a reaction again, which recognises what it has handled; and what it refuses."""

from __future__ import annotations

from contextlib import closing

from chassis import bus
from tests.chaos import seen
from tests.chaos.client import CUSTOMERS, Client
from tests.support.portal import Portal
from tests.support.waiting import wait_until


def test_orders_given_to_the_erps_reaction_again_go_out_once(own_portal: Portal) -> None:
    client = Client(own_portal.commands, own_portal.var / "demo", own_portal.var.parent / "replayed.log")
    told = client.order(CUSTOMERS[0])

    def posted() -> bool:
        return any(row["key"] == told.reference and row["erp_number"] for row in seen.order_rows(own_portal))

    wait_until(posted, 60, lambda: str(seen.order_rows(own_portal)))
    before = [(row["key"], row["erp_number"]) for row in seen.order_rows(own_portal)]
    assert "erp_sync post_order: OrderPlaced of orders, from the first on\n" in own_portal.run("replay").stdout

    said = own_portal.run("replay", "erp_sync", "post_order").stdout
    assert said.startswith(f"{len(before)} OrderPlaced of orders, from position 0 to ")
    end = said.partition(" to ")[2].partition(",")[0]
    wait_until(lambda: waiting(own_portal) == 0, 30, "all are worked off")
    assert own_portal.run("dead").stdout == "There are no dead letters.\n"
    assert [(row["key"], row["erp_number"]) for row in seen.order_rows(own_portal)] == before

    said = own_portal.run("replay", "erp_sync", "post_order", "--from", end).stdout
    assert (
        said == f"There is no OrderPlaced of orders after position {end}: nothing was given to erp_sync post_order.\n"
    )


def waiting(portal: Portal) -> int:
    """How many events the reaction has not handled."""
    with closing(bus.connect(portal.settings.amqp_uri, "test")) as connection:
        queue = connection.channel().queue_declare(bus.reaction_queue("erp_sync", "post_order"), passive=True)
        count: int = queue.method.message_count
        return count


def test_a_reaction_that_is_not_there_is_named_with_those_that_are(own_portal: Portal) -> None:
    wrong = own_portal.run("replay", "orders", "post_order", check=False)
    assert wrong.returncode == 1
    assert "There is no reaction 'orders post_order'" in wrong.stderr
    assert "erp_sync post_order" in wrong.stderr
