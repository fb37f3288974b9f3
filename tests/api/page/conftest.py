"""A real server, a real browser, and a page that may not complain."""

import os
import shutil

import pytest

from tests.api.page.steps import serve_toys

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.fixture(scope="session")
def port():
    """A server on a free port, for as long as the tests run."""
    with serve_toys() as port:
        yield port


@pytest.fixture(scope="package")
def browser():
    """Closed before other tests run: its loop stays open in this process meanwhile."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield made
        made.close()


@pytest.fixture
def page(browser, port):
    """A page that has to stay without a complaint of the browser, but for refusals of the API.

    No request may leave the server.
    """
    made = browser.new_page(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    made.set_default_timeout(1000 * int(os.environ.get("PAGE_SECONDS", "60")))
    complaints, asked = [], []
    made.on("pageerror", lambda e: complaints.append(str(e)))
    made.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    made.on("dialog", lambda d: complaints.append(f"dialog {d.message}"))
    made.on("request", lambda r: asked.append(r.url))
    made.goto(f"http://127.0.0.1:{port}/")
    yield made
    made.close()
    assert not [c for c in complaints if "Failed to load resource" not in c]
    home = (f"http://127.0.0.1:{port}/", "data:", "blob:")
    assert not [url for url in asked if not url.startswith(home)]
