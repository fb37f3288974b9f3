"""A person's questions from start to a saved report, by keyboard alone, at every width."""

import pytest

WIDTHS = (1440, 1024, 390)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def check(page):
    """No serious finding of axe-core, and nothing wider than the screen."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    found = axe.Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in serious]
    sideways = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(sideways) <= 0


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_from_start_to_a_report(page, width, light):
    page.set_viewport_size({"width": width, "height": 840})
    page.emulate_media(color_scheme=light)
    page.wait_for_selector("#cards a >> nth=0")
    check(page)
    press(page, "/")
    page.keyboard.type("vendr")  # a slip: the server finds it
    page.wait_for_selector("#origin .suggestions li:has-text('Vendor')")
    press(page, "ArrowDown", "Enter", "Enter")
    page.wait_for_selector("#answer[data-state=full]")
    assert page.evaluate("document.activeElement.id") == "headline"
    page.wait_for_selector("#map [data-drawn]")
    check(page)
    press(page, "j", "Enter")
    page.wait_for_selector("#why h3")
    check(page)
    press(page, "Escape", "Escape")
    press(page, "c")
    page.wait_for_selector("#pin[aria-pressed=true]")
    page.focus("#tab-map")
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    page.wait_for_selector("#panel-data:not([hidden])")
    check(page)
    page.focus("#data-menu summary")
    press(page, "Enter")
    page.wait_for_selector("#data-menu .menu[open]")
    press(page, "Tab", "Tab", "Tab")
    assert "Markdown" in page.evaluate("document.activeElement.textContent")
    with page.expect_download() as saved:
        press(page, "Enter")
    assert "Vendor" in saved.value.path().read_text(encoding="utf-8")


@pytest.mark.parametrize("query", ["ask=rank", "ask=concentration"])
def test_answers_about_all_are_plain_to_read(page, port, query):
    page.goto(f"http://127.0.0.1:{port}/?graph=market&{query}")
    page.wait_for_selector("#rows:not([hidden])")
    check(page)


def test_a_phone_has_a_drawer_and_a_sheet(page, port):
    page.set_viewport_size({"width": 390, "height": 840})
    page.goto(f"http://127.0.0.1:{port}/?graph=market&origin=vendor")
    page.wait_for_selector("#answer[data-state=full]")
    assert page.locator("#left").is_hidden()
    page.click("header button:has-text('Question')")
    assert page.locator("#left").is_visible()
    check(page)
    page.keyboard.press("Escape")
    page.click("header button:has-text('List')")
    page.click("#ranking .entity >> nth=0")
    page.wait_for_selector("#why h3")
    check(page)
    page.click("#right .close")
    assert page.locator("#right").is_hidden()
