"""The map in the middle: it zooms and moves, its marks are chosen, the way back is lit."""

import pytest

from tests.api.page.steps import open_page, wait_until

VIEW = "document.querySelector('#map .picture').shadowRoot.firstChild.getAttribute('viewBox')"
MARK = "#map svg g:is([data-entity='{0}'], [data-id='{0}']):not(.worst)"


@pytest.fixture
def drawn(page, port):
    open_page(page, port, "?graph=market&origin=vendor")
    page.wait_for_selector("#map [data-drawn]")
    return page


def read_box(page):
    return [float(n) for n in page.evaluate(VIEW).split()]


def test_the_map_zooms_by_wheel_buttons_and_keys(drawn):
    """Around the pointer; `0` and Fit show all of it."""
    drawn.click("text=Fit")
    whole = read_box(drawn)
    drawn.hover("#map .picture")
    drawn.mouse.wheel(0, -100)
    wait_until(drawn, f"{VIEW}.split(' ')[2] < {whole[2] - 1}")
    drawn.keyboard.press("j")  # no key of the map: it stays
    drawn.focus("#map .picture")
    drawn.keyboard.press("+")
    closer = read_box(drawn)
    drawn.keyboard.press("ArrowRight")
    assert read_box(drawn)[0] > closer[0]
    drawn.keyboard.press("0")
    assert read_box(drawn) == whole


def test_the_map_is_moved_by_dragging(drawn):
    """A drag is no choice of the mark under it."""
    drawn.locator("#map .picture").scroll_into_view_if_needed()
    frame = drawn.locator("#map .picture").bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + 60
    before = read_box(drawn)
    drawn.mouse.move(x, y)
    drawn.mouse.down()
    drawn.mouse.move(x - 80, y + 20, steps=4)
    drawn.mouse.up()
    assert read_box(drawn)[0] > before[0]
    assert drawn.is_hidden("#entity")


def test_a_mark_is_chosen_by_a_click_and_made_the_origin_by_two(drawn):
    drawn.locator(MARK.format("cloud")).first.click()
    drawn.wait_for_selector("#entity h2:has-text('Cloud')")
    drawn.locator(MARK.format("cloud")).first.dblclick()
    drawn.wait_for_selector("#headline:has-text('If Cloud fails')")
    assert "origin=cloud" in drawn.url


def test_the_way_back_is_lit(drawn):
    """What is not on the route of the mark under the pointer fades."""
    drawn.locator(MARK.format("cloud")).first.hover()
    drawn.wait_for_selector("#map svg .dim", state="attached")
    lit = drawn.locator(MARK.format("vendor")).first.get_attribute("class")
    assert "dim" not in (lit or "")
