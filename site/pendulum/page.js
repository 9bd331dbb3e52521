// The page: what happens when, and what the visitor does with mouse, finger and keys.

import { SIZE, drawMap, drawRod, readColours } from "./draw.js";
import {
  Actor, MAX_TORQUE, Optimum, Pendulum, TIME_LIMIT, TIME_STEP,
  carry, makeMap, pull, randomStart, wrap,
} from "./pendulum.js";

const KICK = 0.5; // rad/s: how much faster a push makes the agent's rod, each step
const KEYS = { ArrowLeft: 1, ArrowRight: -1 };
const COLOURS = { best: "green", agent: "ink", you: "orange" };
const HINTS = {
  agent: "Drag the rod, or push it with the keys ← and →. Will the agent get it back up?",
  you: "Now you are the motor, and just as weak. Hold ← or →, or pull the rod.",
  race: "Ten seconds, and the same start for all three. Your first push starts the clock.",
};
const READY = { agent: "Here it goes.", you: "Your turn.", race: "Ready when you are." };
const root = document.querySelector(".pendulum");
const find = (selector) => root.querySelector(selector);
const findAll = (selector) => root.querySelectorAll(selector);
// a real minus sign, and none before a zero
const number = (x, digits = 0) => Number(x.toFixed(digits)).toFixed(digits).replace("-", "−");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const still = new URLSearchParams(location.search).get("clock") === "tests"; // they call `advance`

let about, actors, optimum, maps; // what is loaded, and a map for each actor
let shown; // the number of the actor that acts
let mode = "agent";
let playing = !calm;
let start; // the state in which all begin
const rods = {}; // a Pendulum each for "you", "agent" and "best"
let elapsed = 0; // seconds since the last step
let push = 0; // 1 anticlockwise, -1 clockwise: what keys and buttons ask for
let hand = null; // the angle at which mouse or finger holds the rod
let up = false; // what we said last: that the rod is up, or that it isn't

// ---- What happens ----

const yours = () => (mode === "agent" ? "agent" : "you"); // whose rod the visitor can touch
const over = () => mode === "race" && rods.you.steps === TIME_LIMIT;

const act = (who, controller) => rods[who].push(controller.torque(rods[who].state));

function step() {
  const { you, agent } = rods;
  if (mode === "agent" && hand !== null) {
    agent.move(carry(agent.state, hand));
  } else if (mode === "agent") {
    agent.state.velocity += push * KICK;
    act("agent", actors[shown]);
  } else {
    you.push(hand === null ? push * MAX_TORQUE : pull(you.state, hand));
  }
  if (mode === "race") {
    act("agent", actors[shown]);
    act("best", optimum);
  }
  report();
}

/** Say it when the rod has come up, when it has fallen, and who has won. */
function report() {
  const { angle, velocity } = rods[yours()].state;
  const tilt = Math.abs(wrap(angle));
  if (over()) {
    const [you, agent, best] = ["you", "agent", "best"].map((who) => Math.round(rods[who].total));
    const verdict = you > agent ? "You win" : you < agent ? "The agent wins" : "It's a draw";
    say(`${verdict}: your return is ${number(you)}, the agent's ${number(agent)}. ` +
        `The best possible was ${number(best)}.`);
    setPlaying(false);
  } else if (!up && tilt < 0.15 && Math.abs(velocity) < 0.5 && hand === null) {
    up = true;
    say("It's up!");
  } else if (up && tilt > 0.6) {
    up = false;
    say(hand === null ? "It has fallen over." : "It's in your hand.");
  }
}

function say(words) {
  find("#status").textContent = words;
}

function setPlaying(on) {
  playing = on;
  find("#play").textContent = on ? "Pause" : over() ? "Again" : "Play";
  wake();
}

/** All begin again, at `from`; a race waits for the first push. */
export function restart(from = randomStart()) {
  start = from;
  for (const who in COLOURS) rods[who] = new Pendulum({ ...start });
  [elapsed, up] = [0, false];
  setPlaying(mode !== "race" && (playing || !calm));
  say(playing || mode === "race" ? READY[mode] : "Paused: press Play.");
}

function setMode(next) {
  mode = root.dataset.mode = next;
  for (const button of findAll(".modes button")) {
    button.setAttribute("aria-pressed", button.value === next);
  }
  find("#hint").textContent = HINTS[next];
  restart();
}

function setActor(index) {
  shown = index;
  const steps = about.steps[index];
  const [count, seconds] = [steps, steps * TIME_STEP].map((x) => x.toLocaleString("en"));
  find("#trained").textContent = steps ? `${count} steps (${seconds} s)` : "not at all";
  find("#training").setAttribute("aria-valuetext", find("#trained").textContent);
  find("#mean").textContent = number(about.returns[index]);
  if (mode === "race") restart(start); // or the agent would have changed on the way
  wake();
}

// ---- What is seen ----

function draw() {
  const [mine, part] = [rods[yours()], elapsed / TIME_STEP];
  const seen = Object.keys(COLOURS).filter((who) => mode === "race" || who === yours());
  for (const who of seen) {
    const { torque, total } = rods[who];
    const holding = who === yours() ? hand : null;
    drawRod(find(`#${who} canvas`), rods[who].at(part).angle, torque, holding, COLOURS[who]);
    find(`#${who} span`).textContent = `return ${number(total)}`;
  }
  find("#left").textContent = number((TIME_LIMIT - rods.you.steps) * TIME_STEP, 1);
  find("#map").ariaBusy = !maps[shown].done;
  const dots = seen.map((who) => [rods[who].at(part), COLOURS[who]]);
  drawMap(find("#map"), maps[shown], [...mine.path.slice(0, -1), mine.at(part)], dots);
  const torque = actors[shown].torque(mine.state);
  find("#now").textContent =
    `Now: angle ${number((wrap(mine.state.angle) * 180) / Math.PI)}°, velocity ` +
    `${number(mine.state.velocity, 1)}\u00a0rad/s. The agent's torque here: ` +
    `${number(Math.abs(torque), 1)}\u00a0N\u00a0m\u00a0${torque > 0 ? "↺" : "↻"}`;
}

/** The page, so many seconds later: for every picture, and for the tests. */
export function advance(seconds) {
  if (playing) elapsed += seconds;
  for (; playing && elapsed > TIME_STEP - 1e-9; elapsed -= TIME_STEP) step();
  draw();
}

/** Work on the maps for so many milliseconds, first on the one in sight; false if all are done. */
function fillMaps(milliseconds) {
  const end = performance.now() + milliseconds;
  const map = [maps[shown], ...maps].find(({ done }) => !done);
  while (map && !map.done && performance.now() < end) {
    map.done = map.work.next().done;
    map.made += 1;
  }
  return map !== undefined;
}

let awake = false; // whether a picture is on order
let last = null; // when the one before was drawn; null after a rest

/** Draw from now on, for as long as something changes. */
function wake() {
  if (!awake) requestAnimationFrame(frame);
  awake = true;
}

function frame(now) {
  awake = false;
  const seconds = last === null ? 0 : Math.min(0.1, (now - last) / 1000); // a hidden tab rests too
  const filling = fillMaps(4);
  advance(still ? 0 : seconds);
  last = playing || filling ? now : null;
  if (last !== null) wake();
}

// ---- What the visitor does ----

function setPush(direction) {
  push = direction;
  if (push !== 0) begin();
}

/** A push or a hand starts what is paused, except a race that is over. */
function begin() {
  if (over() || playing) return;
  if (mode === "race") say("Go!");
  setPlaying(true);
}

function listenToButtons() {
  for (const button of findAll(".modes button")) button.onclick = () => setMode(button.value);
  find("#play").onclick = () => (over() ? restart(start) : playing ? setPlaying(false) : begin());
  find("#again").onclick = () => restart();
  find("#training").oninput = ({ target }) => setActor(Number(target.value));
  for (const button of findAll(".push")) {
    const direction = Number(button.value);
    const hold = () => setPush(direction);
    const release = () => {
      if (push === direction) setPush(0); // or the other button has taken over
    };
    button.onpointerdown = hold;
    button.onpointerup = button.onpointercancel = button.onpointerleave = release;
    button.onkeydown = ({ key }) => {
      if (key === " " || key === "Enter") hold();
    };
    button.onkeyup = button.onblur = release;
  }
}

function listenToKeys() {
  addEventListener("keydown", (event) => {
    const taken = event.altKey || event.ctrlKey || event.metaKey || event.target.matches?.("input");
    if (taken || !(event.key in KEYS)) return; // the slider and the search need these keys themselves
    event.preventDefault();
    setPush(KEYS[event.key]);
  });
  addEventListener("keyup", ({ key }) => {
    if (KEYS[key] === push) setPush(0);
  });
  addEventListener("blur", () => setPush(0)); // a key that is let go elsewhere isn't reported
}

/** The angle at which a mouse or finger is, seen from the hinge, and whether it's near the ring. */
function place(canvas, { clientX, clientY }) {
  const { x, y, width, height } = canvas.getBoundingClientRect();
  const [left, above] = [x + width / 2 - clientX, y + height / 2 - clientY];
  const inside = Math.hypot(left, above) < 0.48 * Math.min(width, height);
  return { angle: Math.atan2(left, above), inside };
}

function listenToHand(canvas, who) {
  const grabs = (point) => who === yours() && place(canvas, point).inside;
  canvas.onpointerdown = (event) => {
    if (!event.isPrimary || !grabs(event)) return;
    canvas.setPointerCapture(event.pointerId);
    hand = place(canvas, event).angle;
    begin();
  };
  canvas.onpointermove = (event) => {
    if (hand !== null && event.isPrimary) hand = place(canvas, event).angle;
  };
  canvas.onlostpointercapture = () => (hand = null);
  // inside the ring a finger drags; outside, it scrolls the page
  const hold = (event) => {
    if (grabs(event.targetTouches[0])) event.preventDefault();
  };
  canvas.addEventListener("touchstart", hold, { passive: false });
}

// ---- The beginning ----

async function load() {
  const names = ["actors.json", "actors.bin", "optimum.bin"];
  const answers = await Promise.all(names.map((name) => fetch(new URL(name, import.meta.url))));
  if (!answers.every(({ ok }) => ok)) throw new Error("a file is missing");
  about = await answers[0].json();
  const weights = await answers[1].arrayBuffer();
  actors = about.steps.map((_, index) => new Actor(weights, index));
  maps = actors.map((actor, index) => {
    const torques = new Float32Array(SIZE ** 2);
    return { index, torques, work: makeMap(torques, SIZE, actor), made: 0, done: false };
  });
  optimum = new Optimum(await answers[2].arrayBuffer());
}

try {
  await load();
} catch (error) {
  say("The agent couldn't be loaded. Reload the page to try again.");
  throw error;
}
find("#starts").textContent = about.starts;
find("#best-mean").textContent = number(about.best);
find("#training").max = actors.length - 1; // before its value, which couldn't go beyond
find("#training").value = actors.length - 1;
readColours(root);
setMode("agent");
setActor(actors.length - 1);
listenToButtons();
listenToKeys();
for (const who of ["you", "agent"]) listenToHand(find(`#${who} canvas`), who);
for (const control of findAll(":disabled")) control.disabled = false;
new ResizeObserver(wake).observe(root);
new MutationObserver(() => {
  readColours(root);
  wake();
}).observe(document.documentElement, { attributeFilter: ["data-theme"] });
