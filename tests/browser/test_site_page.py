"""The pendulum on the site's first page, used as a visitor does: by mouse, finger and keys.

With `?clock=tests` the page's time stands still until a test calls `advance`, so that nothing here
depends on how fast the computer is.
"""

import re

import lab as labs
import numpy as np
import pytest

from helpers.pendulum.controllers import rollout
from helpers.pendulum.optimum import interpolate, load_optimum
from helpers.pendulum.physics import MAX_TORQUE
from tools import site

pytest.importorskip("playwright.sync_api", reason="Playwright is missing: make browser")
if not labs.CHROMIUM:
    pytest.skip("there is no Chromium on this machine", allow_module_level=True)

MODULE = "window.js = await import(new URL('_static/page.js', location))"
RUN = "steps => { for (let t = 0; t < steps; t++) js.advance(0.05); }"
START = {"angle": 2.8, "velocity": 0.0}  # it hangs, nearly
HANGS = {"angle": np.pi, "velocity": 0.0}


class Visit:
    """The page, open; what it shows, and where its parts are."""

    def __init__(self, context, address, query="?clock=tests", ready=True):
        self.problems, self.requests = [], []
        self.page = page = context.new_page()
        labs.watch(page, self.problems, self.requests)
        page.goto(address + query)
        if ready:
            page.wait_for_selector("#play:enabled")
            page.evaluate(f"async () => {{ {MODULE} }}")

    def run(self, seconds):
        """Let so much time pass on the page, in steps."""
        self.page.evaluate(RUN, round(20 * seconds))

    def restart(self, **state):
        self.page.evaluate("state => { js.restart(state); js.advance(0); }", state or START)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def text(self, selector):
        return self.page.inner_text(selector).replace("\xa0", " ")

    def status(self):
        return self.page.get_by_role("status").inner_text()

    def now(self):
        """The angle (degrees), the velocity, and the agent's torque as they are shown."""
        found = re.search(r"angle (\S+)°, velocity (\S+) rad/s.*: (\S+) N m (.)", self.text("#now"))
        angle, velocity, torque = (float(x.replace("−", "-")) for x in found.groups()[:3])
        return angle, velocity, torque if found[4] == "↺" else -torque

    def point(self, angle, part=1.0, who="agent"):
        """Where on the screen the ring of a rod is, at an angle (degrees, 0 is up)."""
        box = self.page.locator(f"#{who} canvas").bounding_box()
        length = part * 0.38 * min(box["width"], box["height"])
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return x - length * np.sin(np.radians(angle)), y - length * np.cos(np.radians(angle))

    def pixels(self, selector):
        return self.page.evaluate("s => document.querySelector(s).toDataURL()", selector)

    def wait_for_map(self):
        """Until the map of the present actor is done."""
        self.page.wait_for_selector("#map[aria-busy=false]", timeout=120_000)
        self.page.evaluate("js.advance(0)")


@pytest.fixture
def visit(browser, address):
    """Opens the page; afterwards, nothing may have gone wrong, or been asked of another host."""
    visits, contexts = [], []

    def open_page(width=900, query="?clock=tests", **options):
        size = {"width": width, "height": labs.SIZES[width]}
        contexts.append(browser.new_context(viewport=size, **options))
        visits.append(Visit(contexts[-1], address, query))
        return visits[-1]

    yield open_page
    for context in contexts:
        context.close()
    for visit in visits:
        assert visit.problems == []
        assert all(url.startswith(address) or url.startswith("data:") for url in visit.requests)
        assert len(set(visit.requests)) == len(visit.requests), "something is loaded twice"


# ---- the agent ----


def test_the_page_opens_with_a_trained_agent_that_swings_up(visit):
    page = visit()
    assert page.text("#trained") == "20,000 steps (1,000 s)"
    page.restart(**HANGS)
    assert abs(page.now()[0]) == 180
    page.run(10)
    assert page.status() == "It's up!"
    assert abs(page.now()[0]) < 10


def test_time_passes_by_itself(visit):
    page = visit(query="")
    shown = page.text("#now")
    page.page.wait_for_function("shown => document.querySelector('#now').innerText !== shown",
                                arg=shown)  # fmt: skip


def test_between_two_steps_the_rod_goes_on_smoothly(visit):
    page = visit()
    page.restart(angle=2.0, velocity=3.0)
    page.run(0.1)
    pictures = set()
    for _ in range(3):  # 60 pictures a second: three to a step
        pictures.add(page.pixels("#agent canvas"))
        page.page.evaluate("js.advance(1 / 60)")
    assert len(pictures) == 3


def test_the_slider_goes_through_the_training(visit):
    page = visit()
    slider, maps = page.page.get_by_role("slider", name="How long has it trained?"), []
    assert slider.input_value() == str(len(site.STEPS) - 1)
    slider.press("Home")
    assert slider.get_attribute("aria-valuetext") == page.text("#trained") == "not at all"
    page.restart(**HANGS)
    page.run(10)
    assert abs(page.now()[0]) > 150, "without training, it got up"
    for step in site.STEPS[1:3]:
        page.restart(**HANGS)
        page.wait_for_map()
        maps.append(page.pixels("#map"))
        slider.press("ArrowRight")  # of a slider, these keys move only the slider
        assert page.text("#trained").startswith(f"{step:,} steps")
        page.page.evaluate("js.advance(0.05)")
        assert slider.get_attribute("aria-valuetext") == page.text("#trained")
    assert len(set(maps)) == 2, "the map is the same"
    box = slider.bounding_box()
    page.page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    assert page.text("#trained").startswith("20,000 steps")
    assert page.text("#mean").startswith("−13")


def test_the_map_shows_the_torque_where_the_dot_is(visit):
    page = visit()
    page.wait_for_map()
    read = """([x, y]) => {
      const map = document.querySelector('#map'), copy = new OffscreenCanvas(1, 1);
      const pen = copy.getContext('2d');
      pen.drawImage(map, x * map.width, y * map.height, 1, 1, 0, 0, 1, 1);
      return [...pen.getImageData(0, 0, 1, 1).data];
    }"""
    signs = set()
    for angle, velocity in [(-1.5, 2.5), (2.0, 3.0), (1.5, -4.0), (-2.0, -3.0)]:
        page.restart(angle=0.0, velocity=0.0)  # the dot itself is elsewhere
        place = [(angle / np.pi + 1) / 2, (1 - velocity / 8) / 2]
        red, _, blue, _ = page.page.evaluate(read, place)
        page.restart(angle=angle, velocity=velocity)
        torque = page.now()[2]
        assert abs(torque) > 0.5, "choose a state with a clear torque"
        assert (red > blue) == (torque > 0), (angle, velocity)
        signs.add(torque > 0)
    assert signs == {True, False}


def test_a_push_disturbs_the_agent_and_it_recovers(visit):
    page = visit()
    page.restart(angle=0.05, velocity=0.0)
    page.run(2)
    assert page.status() == "It's up!"
    page.page.keyboard.down("ArrowLeft")
    page.run(0.5)
    assert page.now()[0] > 15
    page.run(1)
    page.page.keyboard.up("ArrowLeft")
    assert page.status() == "It has fallen over."
    page.run(15)
    assert page.status() == "It's up!"


def test_pause_play_and_a_new_start(visit):
    page = visit()
    page.press("Pause")
    shown = page.now()
    page.run(1)
    assert page.now() == shown
    page.press("Play")
    page.run(1)
    assert page.now() != shown
    angles = set()
    for _ in range(4):
        page.press("New start")
        page.run(0)
        page.page.evaluate("js.advance(0)")
        angles.add(page.now()[0])
        assert abs(page.now()[0]) >= 89
    assert len(angles) > 1


# ---- the hand ----


def test_a_mouse_carries_the_agents_rod_and_lets_it_go(visit):
    page = visit()
    page.restart(**HANGS)
    page.page.mouse.move(*page.point(175))
    page.page.mouse.down()
    for angle in (150, 120, 90, 60):
        page.page.mouse.move(*page.point(angle))
        page.run(0.3)
        assert page.now()[0] == pytest.approx(angle, abs=1)
    page.page.mouse.up()
    page.run(0.05)
    assert page.now()[0] != pytest.approx(60, abs=0.4), "the agent isn't allowed to move"
    page.run(10)
    assert page.status() == "It's up!"


def test_a_click_beside_the_ring_does_nothing(visit):
    page = visit()
    page.restart(**HANGS)
    page.press("Pause")
    for angle in (45, 135):
        page.page.mouse.move(*page.point(angle, part=1.6))
        page.page.mouse.down()
        page.run(0.3)
        assert abs(page.now()[0]) == 180
        page.page.mouse.up()


def test_your_own_pull_is_too_weak_to_lift_the_rod(visit):
    page = visit()
    page.press("You")
    page.restart(**HANGS)
    page.page.mouse.move(*page.point(90, who="you"))
    page.page.mouse.down()
    page.run(0.5)
    assert page.now()[1] < 0, "it is pulled to the left, clockwise"
    page.run(60)
    steady = 180 - np.degrees(np.arcsin(3 * MAX_TORQUE / 15))  # where gravity is as strong
    assert page.now()[0] == pytest.approx(steady, abs=25)
    page.page.mouse.up()


def test_keys_push_your_rod_as_long_as_they_are_held(visit):
    page = visit()
    page.press("You")
    for key, sign in (("ArrowLeft", 1), ("ArrowRight", -1)):
        page.restart(**HANGS)
        page.page.keyboard.down(key)
        page.run(0.05)
        assert page.now()[1] == pytest.approx(sign * 0.3, abs=0.01)  # 3 x 2 N m, for 0.05 s
        page.page.keyboard.up(key)
        page.run(0.05)
        assert abs(page.now()[1]) < 0.35, "it pushes on"
        page.restart(**HANGS)
        for held in ("altKey", "ctrlKey", "metaKey"):  # "one page back", for example
            page.page.evaluate(
                """([key, held]) => dispatchEvent(new KeyboardEvent('keydown', {
                  key, [held]: true, bubbles: true }))""",
                [key, held],
            )
            page.run(0.05)
            assert page.now()[1] == 0, held


def test_a_key_let_go_in_another_window_stops_pushing(visit):
    page = visit()
    page.press("You")
    page.restart(**HANGS)
    page.page.keyboard.down("ArrowLeft")
    page.page.evaluate("dispatchEvent(new Event('blur'))")
    page.run(0.5)
    assert page.now()[1] == 0


def test_the_buttons_push_by_mouse_and_by_keyboard(visit):
    page = visit()
    page.press("You")
    for name, sign in (("Push anticlockwise", 1), ("Push clockwise", -1)):
        button = page.page.get_by_role("button", name=name)
        button.hover()
        page.restart(**HANGS)
        page.page.mouse.down()
        page.run(0.1)
        page.page.mouse.up()
        assert np.sign(page.now()[1]) == sign
        for key in ("Space", "Enter"):
            page.restart(**HANGS)
            button.focus()
            page.page.keyboard.down(key)
            page.run(0.1)
            page.page.keyboard.up(key)
            assert np.sign(page.now()[1]) == sign, key
            page.restart(**HANGS)
            page.run(0.1)
            assert page.now()[1] == 0, f"{key} pushes on"


def test_fingers_drag_inside_the_ring_and_scroll_outside(visit):
    page = visit(375, has_touch=True, is_mobile=True)
    touch = page.page.context.new_cdp_session(page.page)

    def send(kind, *points):
        places = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    page.restart(**HANGS)
    send("touchStart", page.point(170))
    for angle in (150, 120, 90, 60, 30):
        send("touchMove", page.point(angle))
        page.run(0.3)
        assert page.now()[0] == pytest.approx(angle, abs=1)
    assert page.page.evaluate("scrollY") == 0
    send("touchEnd")
    page.run(10)
    assert page.status() == "It's up!"
    x, y = page.point(45, part=1.6)
    send("touchStart", (x, y))
    for k in range(1, 12):
        send("touchMove", (x, y - 12 * k))
    send("touchEnd")
    page.page.wait_for_function("() => scrollY > 40")


def test_a_finger_on_a_button_pushes(visit):
    page = visit(375, has_touch=True, is_mobile=True)
    page.press("You")
    page.restart(**HANGS)
    box = page.page.get_by_role("button", name="Push clockwise").bounding_box()
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = page.page.context.new_cdp_session(page.page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.run(0.1)
    assert page.now()[1] < 0
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.restart(**HANGS)
    page.run(0.1)
    assert page.now()[1] == 0


# ---- the race ----


def returns(page):
    """The three returns shown, and the seconds left."""
    shown = [page.text(f"#{who} figcaption span") for who in ("you", "agent", "best")]
    numbers = [float(text.removeprefix("return ").replace("−", "-")) for text in shown]
    return numbers, float(page.text("#left"))


def test_a_race_to_its_end(visit):
    """The agent and the optimum do what they do in Python; you, what your keys do."""
    page = visit()
    page.press("Race")
    page.restart(**START)
    page.run(1)
    assert returns(page) == ([0, 0, 0], 10.0), "it begins without you"
    assert page.status() == "Ready when you are."
    page.page.keyboard.down("ArrowLeft")
    page.run(5)
    assert page.status() == "Go!"
    page.page.keyboard.up("ArrowLeft")
    assert returns(page)[1] == 5.0
    page.run(6)  # longer than there is time
    (you, agent, best), left = returns(page)
    assert left == 0

    start = np.array([START["angle"]]), np.array([START["velocity"]])
    table = load_optimum().torque[:: site.COARSER, :: site.COARSER]

    def optimum(states):
        cos, sin, velocity = states.astype(float).T
        return interpolate(table, np.arctan2(sin, cos), velocity)[:, None] / MAX_TORQUE

    keys = iter([1.0] * 100 + [0.0] * 100)
    policies = [lambda _: np.array([[next(keys)]]), site.policy(site.stored()[20_000]), optimum]
    expected = [rollout(policy, *start).reward.sum() for policy in policies]
    assert (you, agent, best) == pytest.approx(expected, abs=0.6)
    words = page.status()
    assert words.startswith("The agent wins")
    for number in (you, agent, best):
        assert f"{number:.0f}".replace("-", "−") in words

    page.page.keyboard.press("ArrowLeft")  # after the end, nothing moves
    page.run(1)
    assert returns(page) == ([you, agent, best], 0)
    page.press("Again")
    page.run(0)
    page.page.evaluate("js.advance(0)")
    assert returns(page) == ([0, 0, 0], 10.0)
    assert page.now()[0] == pytest.approx(np.degrees(START["angle"]), abs=1), "another start"
    page.press("Play")
    page.run(10)
    assert returns(page)[0][1:] == [agent, best], "the same start, and another race"


def test_who_beats_an_untrained_agent_wins(visit):
    """From upright, where you need only wait, while an agent after 800 steps spins."""
    page = visit()
    page.press("Race")
    slider = page.page.get_by_role("slider")
    for key in ("Home", "ArrowRight", "ArrowRight"):
        slider.press(key)
    page.restart(angle=0.0, velocity=0.0)
    page.press("Play")
    page.run(10)
    (you, agent, _), _ = returns(page)
    assert agent < -500 < you == 0
    assert page.status().startswith("You win: your return is 0, the agent's −")


def test_another_agent_restarts_the_race(visit):
    page = visit()
    page.press("Race")
    page.restart(**START)
    page.press("Play")
    page.run(3)
    page.page.get_by_role("slider").press("ArrowLeft")
    page.run(1)
    assert returns(page) == ([0, 0, 0], 10.0)
    assert page.now()[0] == pytest.approx(np.degrees(START["angle"]), abs=1)


def test_in_a_race_only_your_rod_can_be_pulled(visit):
    page = visit()
    page.press("Race")
    page.restart(**HANGS)
    for who, moves in (("agent", False), ("best", False), ("you", True)):
        page.page.mouse.move(*page.point(90, who=who))
        page.page.mouse.down()
        page.run(0.5)
        assert (returns(page)[1] < 10) == moves, who
        page.page.mouse.up()


# ---- for everyone ----


BOXES = """() => [...document.querySelectorAll('.pendulum :is(button, input)')].map((e) => ({
  name: e.innerText, cut: e.scrollWidth > e.clientWidth, ...e.getBoundingClientRect().toJSON(),
}))"""


@pytest.mark.parametrize("width", labs.SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_every_screen_in_light_and_dark(visit, width, theme):
    """Look at the screenshots: what is ugly or cramped isn't noticed by a test."""
    labs.SHOTS.mkdir(parents=True, exist_ok=True)
    page = visit(width, color_scheme=theme)
    page.wait_for_map()
    ground = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (min(map(int, re.findall(r"\d+", ground))) > 127) == (theme == "light")
    for mode in ("The agent", "You", "Race"):
        page.press(mode)
        page.restart(**START)
        page.page.keyboard.down("ArrowLeft")
        page.run(1.3 if mode != "Race" else 12)
        page.page.keyboard.up("ArrowLeft")
        name = f"site_{width}_{theme}_{mode.split()[-1].lower()}.png"
        page.page.screenshot(path=labs.SHOTS / name, full_page=True)
        wide = page.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{mode}: one has to scroll sideways"
        for box in page.page.evaluate(BOXES):
            assert not box["cut"], f"{mode}: {box['name']} doesn't fit"
            assert box["height"] >= 40, f"{mode}: {box['name']} is too low for a finger"
            assert box["left"] >= 0
            assert box["right"] <= width
    first = page.page.locator("#you canvas").bounding_box()
    buttons = page.page.locator(".buttons").bounding_box()
    assert first["y"] + first["height"] <= buttons["y"] + 1, "they overlap"


@pytest.mark.parametrize("width", labs.SIZES)
def test_the_pendulum_and_its_buttons_are_on_the_first_screen(visit, width):
    page = visit(width)
    for part in ("#agent canvas", ".buttons"):
        box = page.page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= labs.SIZES[width], part


def test_it_turns_dark_while_it_is_open(visit):
    page = visit(color_scheme="light")
    page.press("Pause")
    before = page.pixels("#map"), page.pixels("#agent canvas")
    page.page.emulate_media(color_scheme="dark")
    page.page.evaluate("js.advance(0)")
    assert page.pixels("#map") != before[0]
    assert page.pixels("#agent canvas") != before[1]


def test_with_reduced_motion_it_waits(visit):
    page = visit(reduced_motion="reduce")
    assert page.status() == "Paused: press Play."
    shown = page.text("#now")
    page.run(2)
    assert page.text("#now") == shown
    page.press("New start")
    page.restart(**HANGS)
    page.run(1)
    assert abs(page.now()[0]) == 180
    page.press("Play")
    page.run(1)
    assert abs(page.now()[0]) != 180


FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  return { name: e.getAttribute('aria-label') ?? (e.innerText || e.id), outline: style.outlineStyle,
           width: parseFloat(style.outlineWidth) };
}"""


def test_by_keyboard_alone(visit):
    """Tab reaches everything, in order, and shows where it is; a race goes without a mouse."""
    page = visit()
    names = []
    page.page.get_by_role("link", name="Notebook 0").focus()  # just before the pendulum
    for _ in range(9):
        page.page.keyboard.press("Tab")
        focus = page.page.evaluate(FOCUSED)
        assert focus["outline"] == "solid", focus
        assert focus["width"] >= 2, focus
        names.append(focus["name"])
    assert names == [
        "The agent", "You", "Race", "Push anticlockwise", "Pause", "New start", "Push clockwise",
        "training", "return",
    ]  # fmt: skip
    for _ in range(6):
        page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Enter")
    race = page.page.get_by_role("button", name="Race")
    assert race.get_attribute("aria-pressed") == "true"
    assert page.page.locator("[aria-pressed=true]").count() == 1
    page.page.keyboard.down("ArrowRight")  # the focus is on a button: it pushes all the same
    page.run(11)
    page.page.keyboard.up("ArrowRight")
    assert "wins" in page.status()


def test_every_control_and_picture_has_a_name(visit):
    page = visit()
    unnamed = """() => [...document.querySelectorAll('button, canvas, input, section, a')]
      .filter((e) => e.closest('.pendulum'))
      .filter((e) => !(e.getAttribute('aria-label') || e.innerText.trim() || e.labels?.length))
      .map((e) => e.outerHTML)"""
    assert page.page.evaluate(unnamed) == []
    assert page.page.locator("[role=status]").count() == 1


DRAWN = """() => new Promise((done) => {
  const { prototype } = CanvasRenderingContext2D, clear = prototype.clearRect;
  let [drawn, left] = [0, 6];
  prototype.clearRect = function (...box) { drawn++; clear.apply(this, box); };
  const wait = () => {
    if (left--) return requestAnimationFrame(wait);
    prototype.clearRect = clear;
    done(drawn);
  };
  wait();
})"""


def test_it_rests_while_nothing_changes(visit):
    """Paused, it draws for as long as it works on its maps, and no longer."""
    page = visit()
    page.press("Pause")
    labs.wait_for(lambda: page.page.evaluate(DRAWN) == 0, "it draws on and on", 300)
    page.press("Play")
    assert page.page.evaluate(DRAWN) > 0


def test_a_missing_file_is_said(browser, address):
    context = browser.new_context()
    context.route("**/actors.bin", lambda route: route.abort())
    visit = Visit(context, address, ready=False)
    visit.page.wait_for_function(
        "() => document.querySelector('#status').innerText.includes('be loaded')"
    )
    assert visit.page.locator(".pendulum button:enabled").count() == 0
    context.close()


def test_without_javascript_it_says_so(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".pendulum noscript").is_visible()
    assert "needs JavaScript" in page.inner_text("body")
    context.close()
