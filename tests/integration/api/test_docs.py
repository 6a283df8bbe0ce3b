"""The page of the API description: it works without the outside world and under the strict policy."""

import re

import pytest
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.integration.api.caller import Caller

CHROMIUM = "/usr/bin/chromium"


def test_the_page_carries_no_script_and_no_style_of_its_own(api_nobody: Caller) -> None:
    page = api_nobody.get("/api/docs")
    assert page.status == 200
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|style=|https?://", page.text)


def test_the_catalog_of_apis_leads_to_the_description_and_its_page(api_nobody: Caller) -> None:
    catalog = api_nobody.get("/.well-known/api-catalog")
    assert catalog.headers["Content-Type"].startswith("application/linkset+json")
    (links,) = catalog.json["linkset"]
    for relation in ("service-desc", "service-doc", "status"):
        assert api_nobody.get(links[relation][0]["href"].split("8000", 1)[1]).status == 200
    assert api_nobody.post("/.well-known/api-catalog", {}).code == "method_not_allowed"
    assert api_nobody.get("/.well-known/nothing").code == "not_found"


def test_its_script_is_a_script(api_nobody: Caller) -> None:
    script = api_nobody.get("/api/docs?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/openapi.json" in script.text


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_shows_every_operation_without_a_complaint(live_server: LiveServer) -> None:
    complaints: list[str] = []
    addresses: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("request", lambda request: addresses.append(request.url))
        page.goto(f"{live_server.url}/api/docs")
        page.wait_for_selector(".opblock")
        shown = page.locator(".opblock").count()
        browser.close()
    assert shown > 30
    assert complaints == []
    assert [address for address in addresses if not address.startswith((live_server.url, "data:"))] == []
