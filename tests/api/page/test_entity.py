"""The right pane on one entity: why, what takes it down, and what can be done from there."""

from tests.api.page.steps import get_links_of, is_answered, open_page

AT_SHOP = "?graph=market&origin=vendor&entity=shop"


def test_an_entity_opens_its_why(page, port):
    """A row is chosen: verdict, steps with strength and source; the address holds it."""
    open_page(page, port, "?graph=market&origin=vendor")
    page.click("#ranking button:has-text('Shop')")
    page.wait_for_selector("#why ol")
    assert page.url.endswith("&entity=shop")
    said = page.inner_text("#why")
    assert "If Vendor fails: Shop is hit with 50 %" in said
    assert "a survey" in said
    assert len(get_links_of(page, "#why")) == 4
    assert all(is_answered(page, port, link) for link in get_links_of(page, "#why"))
    page.click("#why summary:has-text('As a map')")
    page.wait_for_selector("#why [data-drawn]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#list")
    assert "entity=" not in page.url


def test_what_is_spared_says_why_not(page, port):
    """By the group that holds it, named with its members."""
    open_page(page, port, "?graph=market&origin=vendor&entity=bank")
    page.wait_for_selector("#why h3")
    assert "needs 1 of 2: Cloud, Spare" in page.inner_text("#entity")
    assert "Spare" in page.inner_text("#why")


def test_a_target_shows_its_single_points_of_failure(page, port):
    """In words, as a table, when it is opened; without a question too."""
    page.goto(f"http://127.0.0.1:{port}/?graph=market&entity=shop")
    page.click("#entity summary:has-text('Single points of failure')")
    page.wait_for_selector("#cuts table")
    assert "of failure of Shop" in page.inner_text("#cuts h3")
    assert page.locator("#cuts tbody tr").count() >= 1
    assert all(is_answered(page, port, link) for link in get_links_of(page, "#cuts"))


def test_an_entity_can_be_asked_about(page, port):
    """Fail it too, make it safe, start here; what needs it and what it needs lead on."""
    open_page(page, port, AT_SHOP)
    page.click("#entity button:has-text('Make it safe')")
    page.wait_for_url("**protect=shop**")
    open_page(page, port, AT_SHOP)
    page.click("#entity button:has-text('Fail it too')")
    page.wait_for_url("**origin=vendor&origin=shop**")
    open_page(page, port, AT_SHOP)
    page.click("#entity .ends button:has-text('Cloud')")
    page.wait_for_url("**entity=cloud")
    page.wait_for_selector("#entity h2:has-text('Cloud')")
    page.click("#entity button:has-text('Start here')")
    page.wait_for_selector("#headline:has-text('If Cloud fails')")


def test_an_entity_that_is_not_there_is_said(page, port):
    open_page(page, port, "?graph=market&origin=vendor&entity=nobody")
    page.wait_for_selector("#entity .problem")
    assert "nobody" in page.inner_text("#entity")
