"""In a real browser: the policy blocks nothing that the pages need, nothing is asked of other hosts, no script fails."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from migrations_app.models import Ladder
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import PASSWORD

CHROMIUM = shutil.which("chromium") or ""
VIOLATIONS = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
]


def _browse(visit: Callable[[Any], None], base: str) -> list[str]:
    """Run a visit in a browser and return everything that went wrong in it."""
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(20_000)
        page.add_init_script(VIOLATIONS)
        page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith((base, "data:")) else troubles.append(asked.url))
        visit(page)
        browser.close()
    return troubles


def test_an_agent_signs_in_reads_a_ticket_and_asks_for_a_reason(
    walk: Walker, agent_user: User, live_server: LiveServer
) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    seen: list[str] = []

    def visit(page: Any) -> None:
        page.goto(f"{live_server.url}/admin/")
        page.fill("#id_username", "bea")
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button")
        page.click(f"text={walked.ticket.reference}")
        seen.append(page.inner_text(".pt-title"))
        page.click("#work summary:has-text('Reject')")
        seen.append(page.inner_text("#work details[open] label"))
        page.keyboard.press("Escape")
        seen.append(str(page.locator("#work details[open]").count()))
        for path in (
            "tickets/ticket/add/",
            f"migrations_app/pincall/{call.pk}/console/",
            "tickets/routingversion/dry-run/",
        ):
            page.goto(f"{live_server.url}/admin/{path}")
            seen.append(page.inner_text(".pt-title"))

    with ThreadPoolExecutor(1) as apart:
        troubles = apart.submit(_browse, visit, live_server.url).result()
    assert troubles == []
    assert seen == [
        "Padaria Sol",
        "Why? The client will read it.",
        "0",
        "File a ticket",
        "Padaria Sol",
        "Dry run of the routing rules",
    ]


def test_a_lead_chooses_conditions_tests_a_draft_and_makes_it_live(
    walk: Walker, lead_user: User, live_server: LiveServer
) -> None:
    walk(Path.FILED)
    seen: list[str] = []

    def visit(page: Any) -> None:
        page.goto(f"{live_server.url}/admin/tickets/routingversion/add/")
        page.fill("#id_username", "leo")
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button")
        page.click("text=Make the draft")
        page.click("text=Add a rule")
        page.fill("#id_name", "From Infobip")
        page.select_option("#id_queue", label="Triage")
        page.click(".pt-field-bsp .select2-selection")
        page.keyboard.type("Infob")
        page.keyboard.press("Enter")
        page.click(".pt-field-organization .select2-selection")
        page.keyboard.type("Padar")
        page.click(".select2-results__option:has-text('Padaria Sol')")
        page.click("text=Save the rule")
        seen.extend(page.locator(".pt-rule:has-text('From Infobip') dd").all_inner_texts())
        page.click("text=Test against past tickets")
        page.click("form.pt-card button")
        seen.append(page.inner_text(".pt-lead"))
        page.click("text=Back to the version")
        page.click("text=Make it live")
        seen.append(page.inner_text(".pt-title .pt-badge"))

    with ThreadPoolExecutor(1) as apart:
        troubles = apart.submit(_browse, visit, live_server.url).result()
    assert troubles == []
    assert seen == ["Infobip", "Padaria Sol", "Tickets tried: 1; would go elsewhere: 0.", "Live"]


def test_a_ticket_and_a_ladder_fit_a_phone(walk: Walker, lead_user: User, live_server: LiveServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER, waba_owner="old_bsp")
    ladder = Ladder.objects.get(slug="two-step-bsp-owns")
    widths: list[int] = []

    def visit(page: Any) -> None:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"{live_server.url}/admin/tickets/ticket/{walked.ticket.pk}/change/")
        page.fill("#id_username", "leo")
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button")
        page.wait_for_selector("#chases")
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
        page.click("#requirements summary:has-text('Asked for it')")
        box = page.locator("#requirements .pt-offer[open] .pt-popup").bounding_box()
        widths.extend([int(box["x"] + box["width"]), int(box["x"] >= 0)])
        page.goto(f"{live_server.url}/admin/migrations_app/ladder/{ladder.pk}/change/")
        widths.append(page.evaluate("document.querySelector('.pt-rungs').getBoundingClientRect().right"))

    with ThreadPoolExecutor(1) as apart:
        troubles = apart.submit(_browse, visit, live_server.url).result()
    assert troubles == []
    assert widths[2] == 1
    assert max(widths) <= 390, widths
