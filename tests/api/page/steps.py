"""What tests of the page do often."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn

from knockon.api.rest.app import create_app
from knockon.api.rest.server import configure
from knockon.api.service.limits import Limits
from tests.api.rest.rest_toys import hostile, market


@contextmanager
def serve_toys(**options):
    """The port of a server of the toys, in a thread; options: of `create_app`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app({"market": market(), "hostile": hostile()}, **options)
        server = uvicorn.Server(configure(app, Limits.of(), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def ask(page, text):
    """By keyboard: search, choose the first, send."""
    page.fill("#origin-text", text)
    page.wait_for_selector("#origin .suggestions li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer:not([hidden])[data-state=full]")


def open_page(page, port, query):
    """An answer by its address, drawn."""
    page.goto(f"http://127.0.0.1:{port}/{query}")
    page.wait_for_selector("#answer:not([hidden])[data-state=full]")


def wait_for_rows(page, many):
    """Until the list, which the server filters, has so many."""
    wait_until(page, f"document.querySelectorAll('#ranking tr[data-id]').length === {many}")


def get_links_of(page, menu):
    """The addresses of what a menu saves."""
    return [link.get_attribute("href") for link in page.locator(f"{menu} .menu a").all()]


def is_answered(page, port, address):
    return page.request.get(f"http://127.0.0.1:{port}{address}").ok


def wait_until(page, expression, seconds=60):
    """Until it is true; the policy of the page lets the browser wait for no text of ours."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)
