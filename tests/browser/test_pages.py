"""The site's pages in a real Chromium: they fit, they're whole, and they ask no other host."""

import lab as labs
import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is missing: make browser")
if not labs.CHROMIUM:
    pytest.skip("there is no Chromium on this machine", allow_module_level=True)

PAGES = {  # and what must be there
    "index.html": ".pendulum canvas",
    "README.html": "article table img, article img",
    "notebooks/08_updating_the_actor.html": "mjx-container",
    "notebooks/09_the_agent.html": ".sphinx-pele svg text",
    "notebooks/14_beyond_pendulum.html": ".cell_output img",
    "notebooks/16_many_seeds.html": ".cell.tag_hide-input details",
    "api/helpers.extensions.html": "dl.py dt.sig",
    "_modules/helpers/agent.html": ".highlight",
    "glossary.html": "dl.glossary dt",
    "diagnosis_card.html": "article table mjx-container",
    "results/README.html": "article details table",
    "search.html?q=replay": "#search-results li",
}
# text that is cut off or stands out: beyond the window, in nothing that can be scrolled by itself
BEYOND = """() => [...document.querySelectorAll('main *')].filter((e) => {
  const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  const fits = e.getBoundingClientRect().right <= innerWidth + 1;
  if (!text || fits || !e.checkVisibility()) return false;
  for (let up = e; up; up = up.parentElement) {
    if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) return false;
  }
  return true;
}).map((e) => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", labs.SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_on_every_screen(browser, address, name, width, theme):
    """Look at the screenshots: what is ugly or cramped isn't noticed by a test."""
    problems, requests = [], []
    size = {"width": width, "height": labs.SIZES[width]}
    page = browser.new_page(viewport=size, color_scheme=theme)
    labs.watch(page, problems, requests)
    page.goto(address + name)
    page.wait_for_selector(PAGES[name], state="attached")
    page.wait_for_load_state("networkidle")
    labs.SHOTS.mkdir(parents=True, exist_ok=True)
    shot = name.partition(".")[0].replace("/", "_")
    page.screenshot(path=labs.SHOTS / f"page_{shot}_{width}_{theme}.png")
    assert problems == []
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert page.locator("mjx-merror").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(BEYOND) == []
    page.close()


def test_a_schematic_replaces_its_source(browser, address):
    page = browser.new_page()
    page.goto(f"{address}notebooks/00_the_whole_picture.html")
    page.wait_for_selector(".sphinx-pele svg")
    assert "replay buffer" in page.inner_text(".sphinx-pele")
    assert "flowchart" not in page.inner_text("main")
    page.close()


def test_a_link_to_a_module_leads_to_its_documentation(browser, address):
    page = browser.new_page()
    page.goto(f"{address}notebooks/04_the_replay_buffer.html")
    page.get_by_role("link", name="helpers/buffer.py").first.click()
    page.wait_for_url("**/api/helpers.html#module-helpers.buffer")
    assert page.get_by_text("class helpers.buffer.ReplayBuffer").count()
    page.close()
