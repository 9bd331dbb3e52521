"""What the tests in a real browser share."""

import functools
import http.server
import threading

import lab
import pytest

SITE = lab.ROOT / "build" / "site"


@pytest.fixture(scope="session")
def browser():
    """Chromium; one for all tests, as Playwright can be started only once."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address():
    """Where a web server serves the site."""
    assert (SITE / "index.html").exists(), "the site isn't built: make site"
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
    handler.func.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
