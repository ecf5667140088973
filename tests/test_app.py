"""The front door: options in, page out."""

from __future__ import annotations

import httpx
import pytest

import app


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SHARE", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)


def test_alone_it_is_private_to_this_machine():
    options = app.parse([])
    assert (options.host, options.port, options.public, options.share, options.auth) == (
        "127.0.0.1",
        None,
        False,
        False,
        None,
    )


@pytest.mark.parametrize("arguments", [["--public"], ["--share"], ["--host", "0.0.0.0"], ["--host", "192.168.1.2"]])
def test_what_strangers_can_reach_is_public(arguments):
    assert app.parse(arguments).public


@pytest.mark.parametrize(
    ("name", "value"), [("SPACE_ID", "a/b"), ("GRADIO_SHARE", "True"), ("GRADIO_SERVER_NAME", "0.0.0.0")]
)
def test_so_do_the_variables(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert app.parse([]).public


def test_a_password_may_hold_colons():
    assert app.parse(["--auth", "ann:a:b"]).auth == ("ann", "a:b")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--auth", "ann"], "USER:PASS"),
        (["--auth", ":secret"], "USER:PASS"),
        (["--device", "gpu"], "cuda"),
        (["--port", "many"], "many"),
    ],
)
def test_a_wrong_option_gets_a_sentence(capsys, arguments, said):
    with pytest.raises(SystemExit):
        app.parse(arguments)
    assert said in capsys.readouterr().err


def test_with_auth_the_page_asks_for_it_and_health_does_not(start_app):
    with start_app("--auth", "ann:secret") as address, httpx.Client(base_url=address) as client:
        assert client.get("/healthz").text == "ok"
        assert '"auth_required":true' in client.get("/").text
        assert client.get("/config").status_code == 401
        assert client.post("/login", data={"username": "ann", "password": "wrong"}).status_code == 400
        assert client.post("/login", data={"username": "ann", "password": "secret"}).status_code == 200
        config = client.get("/config").json()
        assert config["analytics_enabled"] is False
        assert config["show_error"] is False
