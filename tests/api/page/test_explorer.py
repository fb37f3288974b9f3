"""What the explorer adds to a question: a start, a list, sliders, a pin, keys, files."""

import json

from tests.api.page.steps import ask, open_page, wait_for_rows, wait_until

JOB = {"href": "", "events": "/events", "result": "/result"}
STEPS = ({"done": 60}, {"state": "done", "done": 120})
AT = "?graph=market&origin=vendor"


def test_it_starts_with_what_would_hurt(page):
    """Cards lead to answers at once; facets count what there is."""
    page.wait_for_selector("#cards a:has-text('Vendor') >> nth=0")
    worst = page.locator("#cards section", has_text="Would hurt most")
    worst.locator("a:has-text('Vendor')").wait_for()
    assert "hit" in worst.inner_text()
    page.click("#facets button:has-text('finance 1')")
    page.wait_for_selector("#facet-list li:has-text('Bank')")
    worst.locator("a:has-text('Vendor')").click()
    page.wait_for_selector("#answer[data-state=full]")
    assert page.url.endswith(AT)
    page.click("#whole [data-start]")
    page.wait_for_selector("#cards section:has-text('Recent') a:has-text('If Vendor fails')")


def test_the_list_is_filtered_and_sorted_and_the_address_knows(page, port):
    open_page(page, port, AT)
    page.fill("#find", "sho")
    wait_for_rows(page, 1)
    assert "1 of 5 rows" in page.inner_text("#row-count")
    page.fill("#find", "")
    wait_for_rows(page, 5)
    page.click("#facets-of-rows button:has-text('finance')")
    wait_for_rows(page, 1)
    assert page.inner_text("#ranking tbody .entity") == "Bank"
    page.click("#facets-of-rows button:has-text('finance')")
    wait_for_rows(page, 5)
    page.click("#ranking thead button:has-text('Who')")
    page.wait_for_selector("#ranking th[aria-sort=ascending]:has-text('Who')")
    names = page.locator("#ranking tbody .entity").all_inner_texts()
    assert names == sorted(names, key=str.lower)
    assert "sort=name" in page.url
    page.reload()
    page.wait_for_selector("#answer[data-state=full]")
    assert page.locator("#ranking tbody .entity").all_inner_texts() == names


def test_a_slider_drafts_and_then_answers(page, port):
    """The address then holds where it rests, and the whole answer stands."""
    open_page(page, port, AT)
    page.focus("#assume-slide")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**assume=0.55")
    page.wait_for_selector("#answer[data-took][data-state=full]")
    assert page.input_value("#assume") == "0.55"
    assert "0.55" in page.inner_text("#figures")
    assert "draft" not in page.inner_text("#figures")
    assert page.evaluate("document.activeElement.id") == "assume-slide"
    page.focus("#hours-slide")
    page.keyboard.press("End")
    page.wait_for_url("**hours=720**")
    page.keyboard.press("Home")
    wait_until(page, "!location.search.includes('hours')")
    assert page.is_disabled("#halt-slide")


def test_an_answer_is_pinned_and_compared(page, port):
    """Before is the pinned one, after the next; the address holds both."""
    open_page(page, port, AT)
    page.keyboard.press("c")
    page.wait_for_selector("#pin[aria-pressed=true]")
    assert page.is_hidden("#tab-compare")
    page.fill("#protect-text", "Cloud")
    page.wait_for_selector("#protect .suggestions li")
    for key in ("ArrowDown", "Enter", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**protect=cloud**")
    page.click("#tab-compare")
    page.wait_for_selector("#compare table")
    assert "Cloud protected" in page.inner_text("#compare h3")
    assert "▼" in page.inner_text("#compare table")
    page.wait_for_selector("#compare [data-drawn]")
    page.reload()
    page.wait_for_selector("#compare table")
    open_page(page, port, "?graph=market&origin=shop&origin=bank&pin=origin%3Dvendor&tab=compare")
    page.wait_for_selector("#compare table")
    assert "then Bank and Shop fail" in page.inner_text("#compare h3")


def test_a_pinned_protection_stays_on_its_side(page, port):
    """Protected before, not after: then more is hit."""
    open_page(page, port, f"{AT}&pin=origin%3Dvendor%26protect%3Dcloud&tab=compare")
    page.wait_for_selector("#compare table")
    assert "▲" in page.inner_text("#compare table")


def test_what_is_shown_can_be_taken_away(page, port):
    """As Markdown, CSV, PNG; for curl it is copied, or shown to be copied."""
    open_page(page, port, f"{AT}&tab=data")
    page.click("#data-menu summary")
    with page.expect_download() as saved:
        page.click("#data-menu a:has-text('Markdown')")
    assert "Vendor" in saved.value.path().read_text(encoding="utf-8")
    page.click("#data-menu button:has-text('curl')")
    page.wait_for_selector("#data-menu [role=status]:not(:empty)")
    page.click("#tab-map")
    page.wait_for_selector("#map [data-drawn]")
    page.click("#map .menu summary")
    with page.expect_download() as saved:
        page.click("#map button:has-text('PNG')")
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_paper_holds_the_answer_and_no_form(page, port):
    open_page(page, port, f"{AT}&tab=notes")
    page.wait_for_selector("#map [data-drawn]", state="attached")
    page.emulate_media(media="print")
    shown = [i for i in ("question", "right", "pin") if page.locator(f"#{i}").is_visible()]
    assert shown == []
    for part in ("#headline", "#map .picture", "#rows-of-answer", "#panel-notes"):
        assert page.locator(part).is_visible()


def test_a_long_question_shows_its_progress(page, port):
    """The server answers 202 with a job; its events are shown until there is a result."""
    asked, job = [], {"id": "x", "state": "running", "done": 30, "total": 120}
    job |= {key: f"/v1/jobs/x{end}" for key, end in JOB.items()}
    events = "".join(f"event: job\ndata: {json.dumps(job | more)}\n\n" for more in STEPS)
    page.route("**/page/why?**", lambda r: (asked.append(r.request.url), r.fulfill(
        status=202, content_type="application/json", body=json.dumps(job))))  # fmt: skip
    held = []
    page.route("**/v1/jobs/x/events", lambda r: held.append(r))
    page.route("**/v1/jobs/x/result", lambda r: r.continue_(url=asked[0]))
    open_page(page, port, f"{AT}&entity=shop")
    page.wait_for_selector("#why progress[max='120'][value='30']")
    assert "25 %" in page.inner_text("#why .waiting")
    held[0].fulfill(status=200, content_type="text/event-stream", body=events)
    page.wait_for_selector("#why h3")


def test_a_long_question_can_be_stopped(page, port):
    """By its button: the job is ended on the server, and the page says so."""
    job = {"id": "x", "state": "queued", "done": None, "total": None}
    job |= {key: f"/v1/jobs/x{end}" for key, end in JOB.items()}
    ended, held = [], []
    page.route("**/page/why?**", lambda r: r.fulfill(
        status=202, content_type="application/json", body=json.dumps(job)))  # fmt: skip
    page.route("**/v1/jobs/x/events", lambda r: held.append(r))
    page.route("**/v1/jobs/x", lambda r: (ended.append(r.request.method), r.fulfill(status=204)))
    open_page(page, port, f"{AT}&entity=shop")
    page.click("#why .waiting button")
    page.wait_for_selector("#why .problem:has-text('stopped')")
    wait_until(page, "true")
    assert ended == ["DELETE"]


def test_keys_are_listed_and_do_what_they_say(page):
    ask(page, "vend")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#why h3")
    page.keyboard.press("p")
    page.wait_for_url("**protect=**")
    page.wait_for_selector("#answer[data-state=full]")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "origin-text"
