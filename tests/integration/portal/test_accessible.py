"""The client's page in a real browser: axe finds nothing against it, it works without JavaScript, and it fits a narrow phone."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from migrations_app.enums import RequirementCode
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Visibility
from tickets.enums.sharing import SharePermission
from tickets.services.comments import post_comment
from tickets.services.share_links import LinkWish, make_link

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]
NARROWEST = {"width": 320, "height": 700}


def _link(walked: Walk) -> str:
    wish = LinkWish(tuple(SharePermission))
    url = make_link(ticket_id=walked.ticket.pk, wish=wish, by=walked.desk, now=walked.now).url
    return "/t/" + url.rsplit("/t/", 1)[1]


def _faults(page: Page) -> list[str]:
    """Return what axe has against a page as it is, with everything that can be unfolded unfolded."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    faults = [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]
    return faults + (["wider than the screen"] if wide else [])


def _look(visit: Callable[[Any], dict[str, list[str]]]) -> dict[str, list[str]]:
    """Visit pages, in a thread of its own: Playwright's loop must not meet Django's."""

    def inside() -> dict[str, list[str]]:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                return visit(browser)
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(inside).result(timeout=100)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(120)
def test_the_clients_page_is_accessible(
    live_server: LiveServer, walk: Walker, meta: Meta, claims_suffice: None, clock_at: Callable[[datetime], None]
) -> None:
    waiting = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER, business_manager_id="")
    post_comment(
        ticket_id=waiting.ticket.pk, body="Any news?", visibility=Visibility.PUBLIC, by=waiting.desk, now=waiting.now
    )
    ready = walk(Path.READY, "+5511965432101")
    done = walk(Path.RESOLVED, "+5511965432102")
    links = {"open": _link(waiting), "slots": _link(ready), "done": _link(done), "lost": "/t/nonsense"}
    clock_at(max(each.now for each in (waiting, ready, done)))

    def visit(browser: Any) -> dict[str, list[str]]:
        page = browser.new_page(viewport=NARROWEST, locale="en")
        found = {}
        for name, link in links.items():
            page.goto(f"{live_server.url}{link}")
            found[name] = _faults(page)
        plain = browser.new_context(java_script_enabled=False, viewport=NARROWEST, locale="en").new_page()
        plain.goto(f"{live_server.url}{links['open']}")
        plain.get_by_label("The ID (10 to 20 digits)").fill("506914307656634")
        plain.get_by_role("button", name="Send the ID").click()
        found["without a script"] = [] if plain.get_by_text("Thank you, recorded.").is_visible() else [plain.content()]
        plain.get_by_role("link", name="Русский").click()
        found["in Russian"] = [] if plain.get_by_text("Сейчас ваша очередь").is_visible() else [plain.content()]
        return found

    found = _look(visit)
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert set(found) == {*links, "without a script", "in Russian"}
    assert waiting.requirement(RequirementCode.BUSINESS_MANAGER_ID).state == "met"
