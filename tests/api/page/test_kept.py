"""A server that keeps answers and asks for a token: the page saves, lists, opens, and asks once."""

import pytest

from knockon.api.rest.tokens import Token, create_token
from tests.api.page.steps import serve_toys


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Its address, and the token that it takes."""
    stores = pytest.importorskip("knockon.api.store.store")
    store = stores.Store.open(f"sqlite:///{tmp_path_factory.mktemp('kept')}/kept.sqlite")
    text, line = create_token("ops", ["read", "compute"])
    name, scopes, digest = line.split()
    token = Token(name, frozenset(scopes.split(",")), digest.removeprefix("sha256:"))
    with serve_toys(store=store, tokens=[token]) as port:
        yield f"http://127.0.0.1:{port}", text


def test_an_answer_is_saved_behind_a_token(browser, guarded):
    """A wrong token is said to be one; the right one stays for the tab, downloads too."""
    at, token = guarded
    page = browser.new_page(accept_downloads=True)
    page.goto(f"{at}/?graph=market&origin=vendor")
    page.wait_for_selector("#token[open]")
    page.fill("#token-text", "nonsense")
    page.keyboard.press("Enter")
    page.wait_for_selector("#token-hint:has-text('does not know')")
    page.fill("#token-text", token)
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer:not([hidden])[data-state=full]")
    page.click("#save")
    page.click("#status a >> nth=0")
    page.wait_for_selector("#rows-of-all [data-drawn]")
    assert "If Vendor fails" in page.inner_text("#rows-headline")
    with page.expect_download() as saved:
        page.click("#rows-of-all a[download]")
    assert "Vendor" in saved.value.path().read_text(encoding="utf-8")
    page.click("[data-start]")
    page.wait_for_selector("#card-saved a:has-text('If Vendor fails')")
    assert page.evaluate("localStorage.getItem('knockon-token')") is None
    page.close()


def test_graphs_are_joined_by_a_link(page, port):
    """The start offers the other graphs, alone and joined with this one."""
    page.goto(f"http://127.0.0.1:{port}/?graph=market")
    page.wait_for_selector("#card-graphs li")
    assert page.locator("#card-graphs li").count() == 1
    page.click("#card-graphs a:has-text('joined with this one')")
    page.wait_for_url("**graph=market%2Bhostile")
    page.wait_for_selector("#about:has-text('17 entities')")
