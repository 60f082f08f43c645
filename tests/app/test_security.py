"""Which requests are answered: hosts, origins and headers."""

from __future__ import annotations

import logging
import re
import socket
from typing import Any

import pytest
from starlette.datastructures import Headers

from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app
from inkling.app.security import SECURITY_HEADERS, is_from_this_computer, is_this_machine

Client = Any
"""See ``Client`` in conftest.py."""


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", ["evil.example:8000", "localhost.evil.example", "10.0.0.7:8000"])
def test_another_host(client: Client, method: str, host: str) -> None:
    """A name that was made to resolve to this machine gets no response, not even the page."""
    for path in ("/", "/healthz", "/api/predict"):
        response = client.request(method, path, headers={"host": host})
        assert response.status_code == 421
        assert f"got '{host}'; allow a name with --allow-host" in response.json()["error"]


@pytest.mark.parametrize(
    ("host", "listening", "allowed"),
    [
        ("localhost", "127.0.0.1", True),
        ("LOCALHOST:8000", "127.0.0.1", True),
        ("127.0.0.1:1", "127.0.0.1", True),
        ("[::1]:8000", "127.0.0.1", True),
        ("192.168.1.5:8000", "192.168.1.5", True),
        ("192.168.1.6:8000", "192.168.1.5", False),
        ("Paper.Example:8000", "paper.example", True),
        ("192.168.1.6", "0.0.0.0", True),
        ("[fe80::1]:80", "::", True),
        ("evil.example", "0.0.0.0", False),
        ("evil.example", "::", False),
        ("user@localhost", "127.0.0.1", False),
        ("localhost/path", "127.0.0.1", False),
        ("localhost:port", "127.0.0.1", False),
        ("localhost:99999", "127.0.0.1", False),
        ("[::1", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("2130706433", "127.0.0.1", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, listening: str, allowed: bool) -> None:
    """Loopback and the host it listens on are; on all interfaces any address, but no other name."""
    assert is_this_machine(host, listening) is allowed


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:8000"}, 403),
        ({"origin": "ftp://127.0.0.1:8000"}, 403),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({}, 200),
        ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://127.0.0.1:8000"}, 200),  # behind a tunnel with TLS
        ({"sec-fetch-site": "none"}, 200),
    ],
)
def test_which_pages_may_post(client: Client, headers: dict[str, str], status: int) -> None:
    """The app's own page and programs may; pages of other sites, other ports and the disk may not."""
    headers = {"content-type": "application/octet-stream", **headers}
    response = client.post("/api/predict?width=28&height=28", content=bytes(784), headers=headers)
    assert response.status_code == status
    assert status == 200 or "the app's own page" in response.json()["error"]


def own_name() -> str:
    """This machine's name, as a browser on the network would send it."""
    return socket.gethostname().title()


@pytest.mark.parametrize(("listening", "allowed"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_the_own_name(listening: str, allowed: bool) -> None:
    """On all interfaces the machine's own name is accepted, also as mDNS has it."""
    for name in (own_name(), f"{own_name()}.local", f"{own_name()}:8000"):
        assert is_this_machine(name, listening) is allowed


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "digits.example.com", "digits.example.com:80"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://digits.example.com", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://Other.example:8443", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://digits.example.com", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://digits.example.com.evil.example"}, 403),
    ],
)
def test_allowed_names(
    models: ModelStore, client_of: Client, host: str, headers: dict[str, str], status: int
) -> None:
    """Pages of allowed names may post, whichever Host header the proxy sends; others may not."""
    app = build_app(models, allowed_hosts=["Digits.Example.com", "other.example"])
    headers = {"content-type": "application/octet-stream", "host": host, **headers}
    response = client_of(app).post(
        "/api/predict?width=28&height=28", content=bytes(784), headers=headers
    )
    assert response.status_code == status
    assert client_of(app).get("/", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("client", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("127.9.9.9", {"host": "localhost:8000"}, True),
        ("::1", {"host": "[::1]:8000"}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("127.0.0.1", {"origin": "http://127.0.0.1:8000"}, True),
        ("192.168.1.5", {}, False),
        ("::ffff:192.168.1.5", {}, False),
        ("172.17.0.1", {}, False),  # the gateway of a container
        ("", {}, False),
        ("127.0.0.1", {"host": "192.168.1.5:8000"}, False),
        ("127.0.0.1", {"host": "paper.local"}, False),
        ("127.0.0.1", {"host": "[::1"}, False),
        ("127.0.0.1", {"origin": "https://digits.example.com"}, False),
        ("127.0.0.1", {"origin": "null"}, False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"via": "1.1 proxy"}, False),
    ],
)
def test_who_is_at_this_computer(client: str, headers: dict[str, str], local: bool) -> None:
    """A loopback client with a page of a loopback address, and no proxy in between."""
    given = Headers({"host": "127.0.0.1:8000", **headers})
    assert is_from_this_computer(client, given) is local


TRAINING = [
    *(("POST", f"/api/training{path}") for path in ("", "/pause", "/resume", "/step", "/stop")),
    *(("POST", "/api/training/drawing"), ("GET", "/api/training/events"), ("POST", "/api/teach")),
    *(("POST", "/api/corrections?label=7&width=1&height=1"), ("DELETE", "/api/corrections")),
]


@pytest.mark.parametrize(("method", "path"), TRAINING)
def test_training_is_for_this_computer(
    models: ModelStore, client_of: Client, method: str, path: str
) -> None:
    """Others get 403 and the option that would allow it, also those behind a proxy without headers."""
    everywhere = client_of(build_app(models, host="0.0.0.0"))
    behind = client_of(build_app(models, allowed_hosts=["digits.example.com"]))
    for client, host in ((everywhere, "192.168.1.5:8000"), (behind, "127.0.0.1:8000")):
        response = client.request(method, path, headers={"host": host})
        assert response.status_code == 403
        assert "inkling app --allow-training" in response.json()["error"]
        assert client.get("/api/training", headers={"host": host}).json()["allowed"] is False
    allowed = client_of(build_app(models, host="0.0.0.0", allow_training=True))
    others = {"host": "192.168.1.5:8000", "sec-fetch-site": "cross-site"}
    assert allowed.get("/api/training", headers={"host": others["host"]}).json()["allowed"] is True
    assert allowed.request(method, path, headers=others).status_code == 403  # of another site


def test_every_response_has_the_headers(client: Client) -> None:
    """Page, files, answers and errors have the security headers, and no other site may read them."""
    for path, host, status in (
        ("/", "localhost", 200),
        ("/healthz", "localhost", 200),
        ("/nowhere", "localhost", 404),
        ("/healthz", "evil.example", 421),
    ):
        response = client.get(path, headers={"host": host, "origin": "http://evil.example"})
        assert response.status_code == status
        assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert response.headers["cache-control"] == "no-store"
        assert not [name for name in response.headers if name.startswith("access-control")]
        assert "server" not in response.headers


def test_the_content_policy(client: Client) -> None:
    """The page asks only its own server and runs only its own script; the camera stays off."""
    text = client.get("/").headers["content-security-policy"]
    policy = dict(part.split(" ", 1) for part in text.split("; "))
    assert policy.pop("default-src") == policy.pop("frame-ancestors") == "'none'"
    assert policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("img-src") == "data: blob:"
    assert policy.pop("media-src") == "blob:"
    assert policy.pop("connect-src") == "'self'"
    assert policy.keys() == {"script-src", "style-src"}
    assert all(re.fullmatch(r"'sha256-[\w+/]{43}='", found) for found in policy.values())
    assert "camera=()" in SECURITY_HEADERS["permissions-policy"]
    other = client.get("/healthz").headers["content-security-policy"]
    assert other == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(("frames", "ancestors"), [(False, "'none'"), (True, "*")])
def test_frames(models: ModelStore, client_of: Client, frames: bool, ancestors: str) -> None:
    """Pages of other sites may show the page in a frame only if that is allowed."""
    client = client_of(build_app(models, frames=frames))
    for path in ("/", "/embed"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.endswith(f"; frame-ancestors {ancestors}")


def test_an_internal_error(
    models: ModelStore,
    client_of: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug is logged on the terminal, and the client learns no details."""

    def fail() -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(models, "entries", fail)
    with caplog.at_level(logging.ERROR):
        response = client_of(build_app(models)).get("/api/models")
    assert response.status_code == 500
    assert "internal error" in response.json()["error"]
    assert "a secret" not in response.text
    assert "a secret" in caplog.text
