"""The web page, in a real browser against a real server."""

import shutil
import socket
import threading
import time
from http.client import HTTPConnection
from urllib.parse import quote

import pytest
import uvicorn

from knockon.api.rest.app import create_app
from knockon.api.rest.server import configure
from knockon.api.service.limits import Limits
from tests.api.rest.rest_toys import HOSTILE, hostile, market

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.fixture(scope="module")
def port():
    """A server on a free port, for as long as the module runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app({"market": market(), "hostile": hostile()})
        server = uvicorn.Server(configure(app, Limits.of(), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield made
        made.close()


@pytest.fixture
def page(browser, port):
    """A page that has to stay without a complaint of the browser, but for refusals of the API."""
    made = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints = []
    made.on("pageerror", lambda e: complaints.append(str(e)))
    made.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    made.on("dialog", lambda d: complaints.append(f"dialog {d.message}"))
    made.goto(f"http://127.0.0.1:{port}/")
    yield made
    made.close()
    assert not [c for c in complaints if "Failed to load resource" not in c]


def get(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse()


@pytest.mark.parametrize("identifier", [i for i in HOSTILE if i != ".."])
def test_any_id_survives_a_real_server(port, identifier):
    """Percent signs that are part of an id are not decoded twice."""
    response = get(port, f"/v1/graphs/hostile/entities/{quote(identifier, safe='')}")
    assert response.status == 200


def test_a_link_may_be_long(port):
    """As many entities as a body may name, each with a long name."""
    link = "&".join(f"id={i:03}{'x' * 1_900}" for i in range(200))
    assert get(port, f"/v1/graphs/market/entities?{link}").status == 200
    assert get(port, f"/v1/graphs/market/entities?{link}&id=1").status == 422


def test_the_page_may_run_its_own_scripts_only(port):
    """Its policy names no other source, and no file holds a script in its markup."""
    page = get(port, "/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    text = page.read().decode()
    assert text.count("<script") == text.count('<script type="module" src="app.js"></script>') == 1
    assert "//" not in text.replace("<!doctype html>", "")  # nothing comes from elsewhere


def ask(page, text):
    page.fill("#origin-text", text)
    page.wait_for_selector("#origin .suggestions li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer:not([hidden])")


def test_a_question_is_asked_by_keyboard(page):
    """Suggestions, choice, answer; the address then holds the question."""
    ask(page, "vend")
    assert "Vendor fails" in page.inner_text("#headline")
    assert page.url.endswith("?graph=market&origin=vendor")
    first = page.inner_text("#ranking tbody tr:first-child")
    assert "Cloud" in first
    assert "100%" in first
    assert page.locator("#ranking tbody tr").count() == 5
    page.go_back()
    page.wait_for_selector("#answer", state="hidden")


def test_the_map_keeps_its_tooltips(page):
    """It is drawn as a document of its own, scaled to the page."""
    ask(page, "vend")
    page.wait_for_selector("#map object[style*=aspect-ratio]")
    inside = "document.querySelector('#map object').contentDocument"
    assert page.evaluate(f"{inside}.querySelectorAll('title').length") > 1


def test_an_address_can_be_shared(page, port):
    """Names in the address are resolved, assumptions and protection shown."""
    page.goto(
        f"http://127.0.0.1:{port}/?graph=market&origin=cloud&origin=Spare&protect=Shop&assume=0.2"
    )
    page.wait_for_selector("#answer:not([hidden])")
    assert page.locator("#origin .chips li").all_inner_texts() == ["Cloud\n×", "Spare\n×"]
    assert page.locator("#protect .chips li").all_inner_texts() == ["Shop\n×"]
    assert page.input_value("#assume") == "0.2"
    assert page.inner_text("#headline").startswith("If Cloud and Spare fail with Shop protected: ")
    for link in page.locator("#links a").all():
        response = page.request.get(f"http://127.0.0.1:{port}{link.get_attribute('href')}")
        assert response.ok


def test_a_wrong_name_is_mended_by_a_click(page):
    """The nearest names are offered, and put where the wrong one was."""
    page.fill("#origin-text", "Vendr")
    page.keyboard.press("Enter")
    page.wait_for_selector("#problem:not([hidden])")
    assert "Unknown entity" in page.inner_text("#problem")
    page.click("#problem button:has-text('Vendor')")
    page.wait_for_selector("#answer:not([hidden])")
    assert page.url.endswith("origin=vendor")
    assert page.is_hidden("#problem")


def test_names_are_never_markup(page, port):
    """Hostile names are shown letter by letter in the table, the chips and the suggestions."""
    page.goto(f"http://127.0.0.1:{port}/?graph=hostile&origin=hub")
    page.wait_for_selector("#answer:not([hidden])")
    shown = page.locator("#ranking td:nth-child(2) bdi").all_text_contents()
    assert sorted(shown) == sorted(HOSTILE.values())
    page.fill("#origin-text", "script")
    page.wait_for_selector("#origin .suggestions li")
    assert '<script>alert("x")</script>' in page.inner_text("#origin .suggestions")
    assert page.locator("script").count() == 1


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(page, port, width):
    """Not even with names of 500 letters without a space."""
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"http://127.0.0.1:{port}/?graph=hostile&origin=hub&origin=long")
    page.wait_for_selector("#answer:not([hidden])")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_times_bring_columns_and_charts(page, port):
    """With hours and a rollout: when and how long each is down, and three charts that load."""
    page.goto(f"http://127.0.0.1:{port}/?graph=market&origin=vendor")
    page.wait_for_selector("#answer:not([hidden])")
    assert "Down for" not in page.inner_text("#ranking thead")
    assert page.locator("#charts object").count() == 1
    page.click("#time summary")
    page.fill("#hours", "2..72")
    page.fill("#rollout", "10%@0, 100%@24")
    page.fill("#halt", "2")
    page.select_option("#mode", "bad_update")
    page.click("button[type=submit]")
    page.wait_for_selector("#charts object >> nth=2")
    assert "hours=2..72" in page.url
    assert "Down for" in page.inner_text("#ranking thead")
    for number in range(3):
        page.wait_for_selector(f"#charts object >> nth={number} >> xpath=self::*[@style]")
        inside = f"document.querySelectorAll('#charts object')[{number}].contentDocument"
        assert page.evaluate(f"{inside}.querySelector('title').textContent").startswith("If Vendor")
    for link in page.locator("#links a").all():
        assert page.request.get(f"http://127.0.0.1:{port}{link.get_attribute('href')}").ok


def test_a_target_shows_its_single_points_of_failure(page, port):
    """In words, as a table and a picture, by a button."""
    page.goto(f"http://127.0.0.1:{port}/?graph=market&origin=vendor&top=3")
    page.wait_for_selector("#causes button")
    named = page.locator("#target option").all_inner_texts()
    page.select_option("#target", index=len(named) - 1)
    page.click("#causes button")
    page.wait_for_selector("#causes table")
    assert f"of failure of {named[-1]}" in page.inner_text("#causes strong")
    assert page.locator("#causes tbody tr").count() >= 1
    assert page.request.get(
        f"http://127.0.0.1:{port}{page.get_attribute('#causes a >> nth=0', 'href')}"
    ).ok


def test_what_would_help_is_found_by_a_button(page, port):
    """Within the budget that is typed, in words, with figures, notes and links."""
    page.goto(f"http://127.0.0.1:{port}/?graph=market&origin=vendor&top=3")
    page.wait_for_selector("#help button")
    page.fill("#budget", "1")
    page.click("#help button")
    page.wait_for_selector("#help table")
    assert page.locator("#help tbody tr").count() == 1
    assert "1 fix saves" in page.inner_text("#help strong")
    assert "/harden.svg?origin=vendor" in page.get_attribute("#help a >> nth=2", "href")
    page.fill("#budget", "0")
    page.click("#help button")
    page.wait_for_selector("#help .problem")
    assert "budget: expected a number above 0" in page.inner_text("#help .problem")


def test_wrong_hours_are_a_clear_word(page):
    """What the server says about them is shown, and the field keeps what was typed."""
    page.click("#time summary")
    page.fill("#hours", "soon")
    page.fill("#origin-text", "Vendor")
    page.keyboard.press("Enter")
    page.wait_for_selector("#problem:not([hidden])")
    assert "hours: expected a number above 0" in page.inner_text("#problem")
    assert page.input_value("#hours") == "soon"


def test_every_field_has_a_label(page):
    """Inputs and selects are named for screen readers."""
    unnamed = "[...document.querySelectorAll('input, select')].filter(e => !e.labels.length).length"
    assert page.evaluate(unnamed) == 0


def test_who_stands_on_whom_is_one_button(page, port):
    """Headline, picture and rows; by groups of companies with another; the address holds it."""
    page.click("#whole button:has-text('Who stands on whom')")
    page.wait_for_selector("#rows:not([hidden])")
    assert page.inner_text("#rows-headline").startswith("Vendor (uses) is used by 4 of 5")
    assert page.url.endswith("?graph=market&ask=concentration")
    assert "Vendor" in page.inner_text("#rows-table tbody tr:first-child")
    page.wait_for_selector("#rows-picture object[style*=aspect-ratio]")
    page.click("#rows-links button")
    page.wait_for_url("**by=parent")
    page.wait_for_selector("#rows-links button:has-text('each by itself')")
    for link in page.locator("#rows-links a").all():
        assert page.request.get(f"http://127.0.0.1:{port}{link.get_attribute('href')}").ok
    page.goto(f"http://127.0.0.1:{port}/?graph=hostile&ask=concentration")
    page.wait_for_selector("#rows:not([hidden])")
    assert page.locator("script").count() == 1
    page.goto(f"http://127.0.0.1:{port}/?graph=market&ask=nothing")
    page.wait_for_selector("#problem:not([hidden])")


def test_the_inventory_stands_beside_the_rows(page, port):
    """Columns and a condition, from the form."""
    page.goto(f"http://127.0.0.1:{port}/?graph=market&origin=vendor")
    page.wait_for_selector("#answer:not([hidden])")
    page.click("#view summary")
    page.fill("#columns", "tier, country")
    page.fill("#where", "kind = 'enterprise' and sector is not null")
    page.click("button[type=submit]")
    page.wait_for_selector("#ranking thead:has-text('country')")
    assert page.locator("#ranking tbody tr").count() == 2
    assert "columns=" in page.url
    page.fill("#where", "knd = 'enterprise'")
    page.click("button[type=submit]")
    page.wait_for_selector("#problem:not([hidden])")
    assert "did you mean 'kind'" in page.inner_text("#problem")
