"""The door: hosts, origins, headers, and how many may come at a time."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from inkling.app import guard
from inkling.app.guard import SECURITY_HEADERS, is_this_machine
from inkling.app.model_store import ModelStore
from inkling.app.page_files import Page
from inkling.app.server import build_app

Client = Any
"""See ``Client`` in conftest.py."""


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "10.0.0.7:8000", "8000"]
)
def test_another_host_is_refused(client: Client, method: str, host: str) -> None:
    """A name server that makes its own name mean this machine gets nothing, not even the page."""
    for path in ("/", "/healthz", "/api/predict"):
        answer = client.request(method, path, headers={"host": host})
        assert answer.status_code == 421
        assert answer.json() == {
            "error": f"request: expected this machine's address in the Host header, got '{host}'; "
            "start the app with --host NAME to be reached by that name."
        }


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_this_machine_is_let_in(client: Client, host: str) -> None:
    """By any of its names, at any port, as a tunnel has another."""
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "listening", "allowed"),
    [
        ("192.168.1.5:8000", "192.168.1.5", True),
        ("192.168.1.6:8000", "192.168.1.5", False),
        ("paper.example:8000", "paper.example", True),
        ("Paper.Example", "paper.example", True),
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
def test_which_names_are_this_machine(host: str, listening: str, allowed: bool) -> None:
    """The one it listens on, addresses where it listens on all, and never another name."""
    assert is_this_machine(host, listening) is allowed


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8000"},
        {"origin": "ftp://127.0.0.1:8000"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_another_site_is_refused(client: Client, headers: dict[str, str]) -> None:
    """Another site, another port, a page from disk."""
    headers = {"content-type": "application/octet-stream", **headers}
    answer = client.post("/api/predict?width=28&height=28", content=bytes(784), headers=headers)
    assert answer.status_code == 403
    place = headers.get("origin", "another site")
    assert answer.json() == {
        "error": f"request: expected one from the app's own page, got one from {place}."
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
        {"origin": "https://127.0.0.1:8000"},
        {"sec-fetch-site": "none"},
    ],
)
def test_the_page_and_programs_are_let_in(client: Client, headers: dict[str, str]) -> None:
    """The app's own page, also behind a tunnel with TLS; curl and scripts, which say no origin."""
    headers = {"content-type": "application/octet-stream", **headers}
    answer = client.post("/api/predict?width=28&height=28", content=bytes(784), headers=headers)
    assert answer.status_code == 200


def test_no_other_page_may_read_an_answer(client: Client) -> None:
    """No header lets another site's page read anything."""
    answer = client.get("/healthz", headers={"origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_every_answer_has_the_headers(client: Client) -> None:
    """Page, parts, answers, refusals; answers are not kept by anyone."""
    for path, status in (
        ("/", 200),
        ("/static/draw.js", 200),
        ("/healthz", 200),
        ("/nowhere", 404),
        ("/api/predict", 405),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        page = path in ("/", "/static/draw.js")
        assert answer.headers["cache-control"] == ("no-cache" if page else "no-store")
        assert "server" not in answer.headers
    assert (
        client.get("/", headers={"host": "evil.example"}).headers.keys() >= SECURITY_HEADERS.keys()
    )


def test_the_policy_is_strict() -> None:
    """Nothing from elsewhere, nothing written into the page, nobody may frame it; the camera works."""
    policy = dict(part.split(" ", 1) for part in guard.CONTENT_POLICY.split("; "))
    assert policy.pop("default-src") == policy.pop("frame-ancestors") == "'none'"
    assert policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("img-src") == "'self' data: blob:"
    assert policy.pop("media-src") == "'self' blob:"
    assert policy == dict.fromkeys(("script-src", "style-src", "connect-src"), "'self'")
    assert "camera=(self)" in SECURITY_HEADERS["permissions-policy"]


def test_one_too_many(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to come back, and when; the next one finds a place again."""
    monkeypatch.setattr(guard, "MOST_REQUESTS", 0)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {
        "error": "request: expected a moment of quiet, got 0 at a time; try again."
    }
    monkeypatch.undo()
    for _ in range(3):  # whoever was answered, or refused, holds no place
        client.get("/nowhere")
        assert client.get("/healthz").status_code == 200
    monkeypatch.setattr(guard, "MOST_REQUESTS", 1)
    assert client.get("/healthz").status_code == 200


def test_a_mistake_of_ours(
    shelf: ModelStore,
    page: Page,
    client_of: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client learns nothing of the inside; the terminal learns all, but not the body."""

    def fail() -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(shelf, "entries", fail)
    with caplog.at_level(logging.ERROR):
        answer = client_of(build_app(shelf, page=page)).get("/api/models")
    assert answer.status_code == 500
    assert answer.json() == {"error": "the app made a mistake; its terminal says where."}
    assert "a secret" in caplog.text
