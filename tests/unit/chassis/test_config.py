"""What the environment says of broker, store and delays: taken as it is, or refused in words that name the variable."""

import pytest

from chassis.config import BadSetting, Settings, retry_ms


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("amqp://portico@host/portico", "it has a user and no password"),
        ("amqp://a:b@one/v;amqp://a@two/v", "it has a user and no password"),
        ("host:5672", "it does not begin with amqp://"),
        ("amqp://a:b@/v", "it names no host"),
        ("amqp://a:b@host:x/v", "a port that is no number"),
        ("amqp://a:b@host:0/v", "port 0 is none"),
        ("amqp://a:b@host/v;", "there is nothing beside a ;"),
        ("amqp://a:b@host/v?heartbeat=often", "behind its ? is not understood"),
        ("amqp://a:b@host/v?heartbaet=30", "behind its ? is not understood"),
    ],
)
def test_a_broker_that_cannot_be_understood_is_refused_without_its_password(uri: str, reason: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_env({"PORTICO_AMQP_URI": uri})
    assert str(refused.value).startswith("PORTICO_AMQP_URI cannot be used: ")
    assert reason in str(refused.value)
    assert uri not in str(refused.value)


@pytest.mark.parametrize(
    "uri", ["", "amqp://host", "amqps://a:b%40c@host:5671/v", "amqp://a:b@h/v?heartbeat=30", "amqp://a:@h/v;amqp://i/v"]
)
def test_a_broker_that_can_be_understood_is_taken_as_it_is(uri: str) -> None:
    assert Settings.from_env({"PORTICO_AMQP_URI": uri}).amqp_uri == uri


@pytest.mark.parametrize("uri", ["host:2113", "http://host:2113", "esdb://"])
def test_what_is_no_store_is_refused(uri: str) -> None:
    with pytest.raises(BadSetting, match=r"PORTICO_ESDB_URI cannot be used: it is esdb://host:port"):
        Settings.from_env({"PORTICO_ESDB_URI": uri})
    assert Settings.from_env({"PORTICO_ESDB_URI": "esdb+discover://db.example?Tls=true"}).esdb_uri.startswith("esdb+")


@pytest.mark.parametrize("text", ["soon", "1000,", "1000;5000", "-5", "0", "1.5", "86400001"])
def test_delays_that_are_none_are_refused(text: str) -> None:
    for read in (Settings.from_env, retry_ms):
        with pytest.raises(BadSetting, match="PORTICO_RETRY_MS=.* cannot be used: it is whole numbers"):
            read({"PORTICO_RETRY_MS": text})


def test_delays_are_read_with_spaces_and_none_are_the_usual() -> None:
    assert retry_ms({"PORTICO_RETRY_MS": " 10, 20 "}) == (10, 20)
    assert retry_ms({"PORTICO_RETRY_MS": ""}) == retry_ms({}) == (1_000, 5_000, 30_000, 120_000, 600_000)
