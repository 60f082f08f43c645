"""The recipe for a reverse proxy in docs/howto/app.md works, with nginx and with its rules in Python."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw

from inkling._types import ByteArray
from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = Path(__file__).parents[3] / "docs"
TEXT, CHINESE = ((DOCS / name / "howto/app.md").read_text("utf-8") for name in (".", "zh"))
[RECIPE] = re.findall(r"```nginx\n(.*?)```", TEXT, re.DOTALL)
[NAME] = re.findall(r"inkling app .*--allow-host (\S+)", TEXT)
APP = "127.0.0.1:8000"
"""Where the recipe expects the app."""


@contextmanager
def nginx(recipe: str, folder: Path) -> Iterator[int]:
    """Runs nginx with the recipe and yields its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    paths = "".join(
        f"{name}_temp_path {folder};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    server = f"server {{ listen 127.0.0.1:{port}; server_name {NAME}; {recipe} }}"
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n"
        f"events {{}} http {{ access_log off; {paths} {server} }}"
    )
    process = subprocess.Popen(["nginx", "-c", str(file), "-p", str(folder)])
    try:
        deadline = time.monotonic() + 10
        while not (folder / "pid").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def python(recipe: str, _: Path) -> Iterator[int]:
    """Runs a proxy that follows the recipe and yields its port.

    Like nginx, it puts the path of ``proxy_pass`` in place of the prefix, and its host into Host.
    """
    [prefix] = re.findall(r"location (\S+) {", recipe)
    [(place, path)] = re.findall(r"proxy_pass http://([^/]+)(\S*);", recipe)
    rules = dict(re.findall(r"proxy_set_header (\S+) (\S+);", recipe))

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(prefix):
                self.send_error(404)
                return
            variables = {"$remote_addr": self.client_address[0], "$host": self.headers["Host"]}
            headers = dict(self.headers) | {"Host": place, "Connection": "close"}
            headers |= {name: variables[value] for name, value in rules.items()}
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(HTTPConnection(place, timeout=20)) as app:
                app.request(self.command, path + self.path.removeprefix(prefix), content, headers)
                response = app.getresponse()
                body = response.read()
            self.send_response(response.status)
            for name, value in response.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Prints nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("proxy", [python, nginx] if shutil.which("nginx") else [python])
def test_the_recipe(
    proxy: Callable[[str, Path], AbstractContextManager[int]],
    models: ModelStore,
    serve: Callable[[Any], AbstractContextManager[int]],
    drawings: list[ByteArray],
    tmp_path: Path,
) -> None:
    """Page, files and answers come through the proxy, below its path; other sites may not post."""
    assert APP in RECIPE
    assert f"```nginx\n{RECIPE}```" in CHINESE
    app = build_app(models, allowed_hosts=[NAME])
    with serve(app) as port, proxy(RECIPE.replace(APP, f"127.0.0.1:{port}"), tmp_path) as outside:

        def request(method: str, path: str, content: bytes = b"", **more: str) -> tuple[int, bytes]:
            headers = {"Host": NAME, "Accept-Encoding": "identity", **more}
            with closing(HTTPConnection("127.0.0.1", outside, timeout=20)) as browser:
                browser.request(method, path, content, headers)
                response = browser.getresponse()
                return response.status, response.read()

        status, page = request("GET", "/digits/")
        assert status == 200
        for name in re.findall(r'(?:src|href)="([^":#]+)"', page.decode()):
            assert request("GET", f"/digits/{name}")[0] == 200
        same = {"Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin"}
        for origin, expected in ((NAME, 200), ("evil.example", 403)):
            status, answer = request(
                "POST",
                "/digits/api/predict?width=70&height=84",
                drawings[3].tobytes(),
                Origin=f"https://{origin}",
                **same,
            )
            assert status == expected
            assert status == 403 or json.loads(answer)["digit"] == "3"


@pytest.mark.slow
def test_the_page_behind_the_proxy(
    models: ModelStore,
    serve: Callable[[Any], AbstractContextManager[int]],
    browser: Browser,
    tmp_path: Path,
) -> None:
    """Below a path, the page finds the app, and a photograph that it sends is read."""
    picture = Image.new("L", (300, 300), 235)
    ImageDraw.Draw(picture).line([(150, 50), (150, 250)], fill=30, width=20)
    picture.save(tmp_path / "one.png")
    app = build_app(models, allowed_hosts=["127.0.0.1"])
    with serve(app) as port, python(RECIPE.replace(APP, f"127.0.0.1:{port}"), tmp_path) as outside:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{outside}/digits/")
        page.wait_for_selector("#about .facts")
        page.set_input_files("#file", tmp_path / "one.png")
        page.wait_for_selector("#photo .box")
        page.close()
