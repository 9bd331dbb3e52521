// Drawing: a rod, and the map of an agent's torques. Nothing here remembers what the page does.

import { MAX_SPEED, MAX_TORQUE, wrap } from "./pendulum.js";

export const SIZE = 61; // nodes along each side of the map
const colours = {};

/** Take the colours of an element from the style sheet; again when it turns light or dark. */
export function readColours(element) {
  const style = getComputedStyle(element);
  for (const name of ["paper", "ink", "grey", "line", "blue", "red", "orange", "green"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
}

/** An empty canvas's pen, its width and its height in CSS pixels; sharp on any screen. */
function clear(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const [w, h] = [width, height].map((length) => Math.round(length * devicePixelRatio));
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext("2d");
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineCap = "round";
  return [pen, width, height];
}

function line(pen, colour, width, ...points) {
  [pen.strokeStyle, pen.lineWidth] = [colour, width];
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
}

function disc(pen, colour, [x, y], radius) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/** A rod at this angle; the arc at its hinge is the torque, and a band leads to the hand. */
export function drawRod(canvas, angle, torque, hand, colour) {
  const [pen, width, height] = clear(canvas);
  const length = 0.38 * Math.min(width, height);
  const at = (angle, part) => [
    width / 2 - part * length * Math.sin(angle), height / 2 - part * length * Math.cos(angle),
  ];
  const arc = (part, to) => {
    const angles = Array.from({ length: 65 }, (_, i) => (to * i) / 64);
    return angles.map((angle) => at(angle, part));
  };
  line(pen, colours.line, 1.5, ...arc(1, 2 * Math.PI));
  line(pen, colours.grey, 3, at(0, 1.07), at(0, 1.16)); // upright is here
  if (hand !== null) line(pen, colours.grey, 2, at(angle, 1), at(hand, 1));
  line(pen, colours[colour], 0.08 * length, at(0, 0), at(angle, 1));
  disc(pen, colours[colour], at(angle, 1), 0.1 * length);
  disc(pen, colours.paper, at(0, 0), 0.02 * length);
  if (Math.abs(torque) < 0.03) return;
  const [end, tint] = [(2.3 * torque) / MAX_TORQUE, torque > 0 ? colours.red : colours.blue];
  line(pen, tint, 0.05 * length, ...arc(0.4, end));
  disc(pen, tint, at(end, 0.4), 0.06 * length);
}

const picture = document.createElement("canvas"); // a pixel for each node of the map
picture.width = picture.height = SIZE;

/** Turn torques into colours. */
function paint(torques) {
  const rgb = (name) => [1, 3, 5].map((i) => parseInt(colours[name].slice(i, i + 2), 16));
  const [none, clockwise, anticlockwise] = ["paper", "blue", "red"].map(rgb);
  const pixels = new ImageData(SIZE, SIZE);
  torques.forEach((torque, k) => {
    const [end, part] = [torque > 0 ? anticlockwise : clockwise, Math.abs(torque) / MAX_TORQUE];
    pixels.data.set([...none.map((c, i) => c + part * (end[i] - c)), 255], 4 * k);
  });
  picture.getContext("2d").putImageData(pixels, 0, 0);
}

let painted = ""; // which map `picture` shows

/** The map of an actor, the path of a rod, and dots: [state, colour] each. */
export function drawMap(canvas, { index, torques, made }, path, dots) {
  const which = `${index} ${made} ${colours.paper}`;
  if (painted !== which) paint(torques);
  painted = which;
  const [pen, width, height] = clear(canvas);
  const at = ({ angle, velocity }) => [
    (wrap(angle) / (2 * Math.PI) + 0.5) * width, ((1 - velocity / MAX_SPEED) / 2) * height,
  ];
  // the outermost nodes lie on the edge: half of their pixels is outside
  pen.drawImage(picture, 0.5, 0.5, SIZE - 1, SIZE - 1, 0, 0, width, height);
  for (let i = 1; i < path.length; i++) {
    const [a, b] = [at(path[i - 1]), at(path[i])];
    pen.globalAlpha = i / path.length;
    if (Math.abs(a[0] - b[0]) < width / 2) line(pen, colours.ink, 2, a, b); // not over the edge
  }
  pen.globalAlpha = 1;
  for (const [state, colour] of dots) {
    disc(pen, colours.paper, at(state), 8);
    disc(pen, colours[colour], at(state), 6);
  }
}
