"""What the app serves to the page: the page in one piece, and models as files; nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from inkling._documentation import documentation_site
from inkling.page import STATIC

Client = Any
"""See ``Client`` in conftest.py."""


def test_the_page(client: Client) -> None:
    """One response has all modules and the list of models; each model can be fetched."""
    response = client.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    for module in STATIC.glob("*.js"):
        assert f"// {module.name}\n" in response.text
    found = re.search(r'<script type="application/json" id="models">(.*?)</script>', response.text)
    assert found is not None
    models = json.loads(found[1])
    listed = client.get("/api/models").json()
    assert models == {**listed, "docs": documentation_site(), "server": True, "embedded": False}
    for entry in listed["models"]:
        answer = client.get(f"/{entry['file']}")
        assert answer.headers["content-type"] == "application/octet-stream"
        arrays = load(answer.content)
        assert arrays["member1/dense1.weights"].shape[0] == 784
        assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize(
    "path", ["/static/main.js", "/main.js", "/../bundle.py", "/%2e%2e/x", "/%00"]
)
def test_no_file_is_served(client: Client, path: str) -> None:
    """There is no folder that is served."""
    response = client.get(path)
    assert response.status_code == 404
    assert response.json().keys() == {"error"}


def test_compression(client: Client) -> None:
    """The page is compressed if the client accepts gzip."""
    packed = client.get("/", headers={"accept-encoding": "gzip, br"})
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["vary"].lower() == plain.headers["vary"].lower() == "accept-encoding"
