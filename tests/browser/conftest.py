"""What the tests in a real browser share."""

import lab
import pytest


@pytest.fixture(scope="session")
def browser():
    """Chromium; one for all tests, as Playwright can be started only once."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.OPTIONS)
        yield browser
        browser.close()
