"""The call page in a real browser: two agents see each other's steps, and what one of them types stays."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.factories.desk import Desk, make_agent
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import PASSWORD

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]


def _browse(visit: Callable[[Any, Any], None], address: str, names: tuple[str, str]) -> list[str]:
    """Sign two people in at two browsers on one page, run a visit, and return what went wrong in the pages."""
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        pages = []
        for name in names:
            page = browser.new_context().new_page()
            page.set_default_timeout(20_000)
            page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.goto(address)
            page.fill("#id_username", name)
            page.fill("#id_password", PASSWORD)
            page.click("#login-form button")
            pages.append(page)
        visit(*pages)
        browser.close()
    return troubles


def test_what_one_types_stays_while_the_other_goes_on(
    walk: Walker, agent_user: User, desk: Desk, meta: Meta, live_server: LiveServer
) -> None:
    make_agent("leo", desk.latam)
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    assert walked.call is not None
    seen: list[Any] = []

    def visit(bea: Any, leo: Any) -> None:
        bea.click("text=Ask Meta for the code")
        # Leo has touched nothing, so his page goes on by itself, and his cursor stands where the code is typed.
        leo.wait_for_selector("input[name=code]")
        seen.append(leo.evaluate("document.activeElement.name"))
        bea.fill("input[name=code]", "12")
        leo.click("button:has-text('Ask again')")
        # Bea hears of it, keeps her digits and her cursor, and her form is of the newest step.
        bea.wait_for_selector("text=Codes asked for: 2 of 3")
        seen.append(bea.input_value("input[name=code]"))
        seen.append(bea.evaluate("document.activeElement.name"))
        leo.fill("input[name=code]", meta.code_for(NUMBER))
        leo.press("input[name=code]", "Enter")
        leo.wait_for_selector("text=Make a new two-step PIN and register")
        # Her digits are of no use any more, but they are hers: the page tells, and offers to show what is new.
        bea.wait_for_selector(".pt-changed")
        seen.append(bea.input_value("input[name=code]"))
        bea.click(".pt-changed a")
        bea.click("text=Make a new two-step PIN and register")
        bea.wait_for_selector(".pt-pin")
        leo.wait_for_selector("text=Has the client written down")
        seen.append(bea.locator(".pt-pin").count())
        bea.click("text=The client wrote it down")
        leo.wait_for_selector("text=Has the client written down", state="detached")
        seen.append(leo.locator(".pt-done").count())

    address = f"{live_server.url}/admin/migrations_app/pincall/{walked.call.pk}/console/"
    with ThreadPoolExecutor(1) as apart:
        troubles = apart.submit(_browse, visit, address, ("bea", "leo")).result()
    assert troubles == []
    assert seen == ["code", "12", "code", "12", 1, 1]
