"""A secret comes from the environment or from a file, never from both, and is in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.config import SECRETS, BadSetting, Settings, secret

URI = "amqp://portico:hidden@rabbit/portico"
URIS = {"PORTICO_AMQP_URI": URI, "PORTICO_ESDB_URI": "esdb://portico:hidden@store:2113?Tls=true"}


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_setting_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    uri = URIS.get(name, "postgresql://portico:hidden@db/portico")
    (tmp_path / "uri").write_text(f"{uri}\n")
    settings = Settings.from_env({f"{name}_FILE": str(tmp_path / "uri")})
    assert getattr(settings, name.removeprefix("PORTICO_").lower()) == uri


def test_both_at_once_are_refused(tmp_path: Path) -> None:
    (tmp_path / "uri").write_text(URI)
    with pytest.raises(BadSetting, match="PORTICO_AMQP_URI and PORTICO_AMQP_URI_FILE are both set") as refused:
        Settings.from_env({"PORTICO_AMQP_URI": URI, "PORTICO_AMQP_URI_FILE": str(tmp_path / "uri")})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "is not text")]
)
def test_a_file_that_cannot_be_used_is_named(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSetting, match=f"PORTICO_SECRET_KEY_FILE={path}.*{said}"):
        secret({"PORTICO_SECRET_KEY_FILE": str(path)}, "PORTICO_SECRET_KEY")


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    (tmp_path / "uri").write_text(URI)
    named = {"PORTICO_AMQP_URI": "", "PORTICO_AMQP_URI_FILE": str(tmp_path / "uri")}
    assert Settings.from_env(named).amqp_uri == URI
    assert Settings.from_env({"PORTICO_AMQP_URI": URI, "PORTICO_AMQP_URI_FILE": ""}).amqp_uri == URI
