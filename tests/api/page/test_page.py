"""The web page, in a real browser against a real server."""

from http.client import HTTPConnection
from importlib.resources import files
from urllib.parse import quote

import pytest

from tests.api.page.steps import ask, get_links_of, is_answered, open_page, wait_for_rows
from tests.api.rest.rest_toys import HOSTILE


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
    """Up to the limit of an address; and it may name as many entities as a body."""
    link = "&".join(f"id={i:03}{'x' * 1_900}" for i in range(30))
    assert get(port, f"/v1/graphs/market/entities?{link}").status == 200
    assert get(port, f"/v1/graphs/market/entities?{link}&{link}").status == 414
    many = "&".join(f"id={i}" for i in range(200))
    assert get(port, f"/v1/graphs/market/entities?{many}").status == 200
    assert get(port, f"/v1/graphs/market/entities?{many}&id=x").status == 422


def test_the_page_may_run_its_own_scripts_only(port):
    """Its policy names no other source, and no file holds a script in its markup."""
    page = get(port, "/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    assert "Content-Encoding" not in page.headers  # who takes no gzip gets none
    text = page.read().decode()
    assert text.count("<script") == text.count('<script type="module" src="app.js"></script>') == 1
    assert "//" not in text.replace("<!doctype html>", "")  # nothing comes from elsewhere


def test_a_question_is_asked_by_keyboard(page):
    """Suggestions, choice, answer; the address then holds the question."""
    ask(page, "vend")
    assert "Vendor fails" in page.inner_text("#headline")
    assert page.url.endswith("?graph=market&origin=vendor")
    first = page.inner_text("#ranking tbody tr:first-child")
    assert "Cloud" in first
    assert "100 %" in first
    assert page.locator("#ranking tbody tr").count() == 5
    assert page.locator("#rows-of-answer tbody tr").count() == 5
    page.go_back()
    page.wait_for_selector("#answer", state="hidden")


def test_the_map_keeps_its_tooltips(page):
    """It is drawn inline, in a tree of its own, and runs nothing."""
    ask(page, "vend")
    page.wait_for_selector("#map [data-drawn]")
    assert page.locator("#map svg title").count() > 1
    assert page.locator("#map svg script, #map svg style").count() == 0


def test_an_address_can_be_shared(page, port):
    """Names in the address are resolved, assumptions and protection shown."""
    open_page(page, port, "?graph=market&origin=cloud&origin=Spare&protect=Shop&assume=0.2")
    assert page.locator("#origin .chips li").all_inner_texts() == ["Cloud\n×", "Spare\n×"]
    assert page.locator("#protect .chips li").all_inner_texts() == ["Shop\n×"]
    assert page.input_value("#assume") == "0.2"
    assert page.inner_text("#headline").startswith("If Cloud and Spare fail with Shop protected: ")
    assert page.input_value("#assume-slide") == "4"
    page.wait_for_selector("#map [data-drawn]")
    links = [*get_links_of(page, "#map"), *get_links_of(page, "#data-menu")]
    assert len(links) == 6
    assert all(is_answered(page, port, link) for link in links)


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
    open_page(page, port, "?graph=hostile&origin=hub")
    shown = page.locator("#ranking td:nth-child(2) bdi").all_text_contents()
    assert sorted(shown) == sorted(HOSTILE.values())
    page.fill("#origin-text", "script")
    page.wait_for_selector("#origin .suggestions li")
    assert '<script>alert("x")</script>' in page.inner_text("#origin .suggestions")
    assert page.locator("script").count() == 1


@pytest.mark.parametrize("width", [360, 390, 1024, 1200])
def test_nothing_is_wider_than_the_screen(page, port, width):
    """Not even with names of 500 letters without a space."""
    page.set_viewport_size({"width": width, "height": 740})
    open_page(page, port, "?graph=hostile&origin=hub&origin=long&entity=two%0Alines&tab=data")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    middle = "document.querySelector('#middle')"
    assert page.evaluate(f"{middle}.scrollWidth - {middle}.clientWidth") == 0


def test_times_bring_columns_and_charts(page, port):
    """With hours and a rollout: when and how long each is down, and three charts that load."""
    open_page(page, port, "?graph=market&origin=vendor&tab=data")
    assert "Down for" not in page.inner_text("#rows-of-answer thead")
    page.click("#tab-timeline")
    assert "Say for how many hours" in page.inner_text("#timeline")
    page.fill("#hours", "2..72")
    page.click("#time summary")
    page.fill("#rollout", "10%@0, 100%@24")
    page.fill("#halt", "2")
    page.check("#mode input[value=bad_update]")
    page.click("button[type=submit]")
    page.wait_for_url("**hours=2..72**")
    assert "tab=timeline" in page.url
    page.wait_for_selector("#timeline [data-drawn] >> nth=1")
    assert page.locator("#timeline svg").count() == 2
    page.click("#tab-bad")
    page.wait_for_selector("#bad [data-drawn]")
    page.click("#tab-data")
    assert "Down for" in page.inner_text("#rows-of-answer thead")
    for link in page.locator("#timeline a, #bad a").all():
        assert is_answered(page, port, link.get_attribute("href"))


def test_what_would_help_is_found_by_a_button(page, port):
    """Within the budget that is typed, in words, with figures, notes and links."""
    open_page(page, port, "?graph=market&origin=vendor")
    page.click("#find-fixes")
    page.wait_for_selector("#help table")
    assert page.locator("#help tbody tr").count() == 1
    assert "1 fix saves" in page.inner_text("#help h3")
    assert "/harden.svg?origin=vendor" in get_links_of(page, "#help")[0]
    page.fill("#budget", "0")
    page.click("#find-fixes")
    page.wait_for_selector("#help .problem")
    assert "budget: expected a number above 0" in page.inner_text("#help .problem")


def test_wrong_hours_are_a_clear_word(page):
    """What the server says about them is shown, and the field keeps what was typed."""
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
    named = "[...document.querySelectorAll('fieldset')].every(e => e.querySelector('legend'))"
    assert page.evaluate(named)


def test_who_stands_on_whom_is_one_button(page, port):
    """Headline, picture and rows; by groups of companies with another; the address holds it."""
    page.click("#whole button:has-text('Who stands on whom')")
    page.wait_for_selector("#rows:not([hidden])")
    assert page.inner_text("#rows-headline").startswith("Vendor (uses) is used by 4 of 5")
    assert page.url.endswith("?graph=market&ask=concentration")
    assert "Vendor" in page.inner_text("#rows-of-all tbody tr:first-child")
    page.wait_for_selector("#rows-of-all [data-drawn]")
    page.click("#rows-of-all a:has-text('Count')")
    page.wait_for_url("**by=parent")
    page.wait_for_selector("#rows-of-all a:has-text('each by itself')")
    assert all(is_answered(page, port, link) for link in get_links_of(page, "#rows-of-all"))
    page.goto(f"http://127.0.0.1:{port}/?graph=hostile&ask=concentration")
    page.wait_for_selector("#rows:not([hidden])")
    assert page.locator("script").count() == 1
    page.goto(f"http://127.0.0.1:{port}/?graph=market&ask=nothing")
    page.wait_for_selector("#rows-of-all .problem")


def test_the_inventory_stands_beside_the_rows(page, port):
    """Columns and a condition, from the form."""
    open_page(page, port, "?graph=market&origin=vendor&tab=data")
    page.click("#view summary")
    page.fill("#columns", "tier, country")
    page.fill("#where", "kind = 'enterprise' and sector is not null")
    page.click("button[type=submit]")
    page.wait_for_selector("#rows-of-answer thead:has-text('country')")
    wait_for_rows(page, 2)
    assert "columns=" in page.url
    page.fill("#where", "knd = 'enterprise'")
    page.click("button[type=submit]")
    page.wait_for_selector("#problem:not([hidden])")
    assert "did you mean 'kind'" in page.inner_text("#problem")


def test_script_and_style_are_small():
    """Less than 60 kB of them in all, as they are written."""
    own = [
        f for f in files("knockon.api").joinpath("page").iterdir() if f.name[-3:] in (".js", "css")
    ]
    assert sum(len(f.read_bytes()) for f in own) < 60_000
