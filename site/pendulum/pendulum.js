// The pendulum and who can move it: only numbers, nothing of the page.
//
// As in gymnasium's Pendulum-v1, the angle is 0 upright and grows anticlockwise (rad); the
// velocity is in rad/s and the torque in N m. A state is { angle, velocity }. A controller has a
// method torque(state).

export const MAX_TORQUE = 2;
export const MAX_SPEED = 8;
export const TIME_STEP = 0.05; // s
export const TIME_LIMIT = 200; // steps in an episode: ten seconds

const clip = (x, limit) => Math.min(Math.max(x, -limit), limit);

/** The same direction as an angle in [-π, π). */
export function wrap(angle) {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

/** One time step: the next state, and the reward for this step. */
export function step({ angle, velocity }, torque) {
  torque = Math.fround(clip(torque, MAX_TORQUE)); // gymnasium's torques are 32-bit numbers
  const reward = -(wrap(angle) ** 2 + 0.1 * velocity ** 2 + 0.001 * torque ** 2);
  const acceleration = 15 * Math.sin(angle) + Math.fround(3 * torque);
  velocity = clip(velocity + acceleration * TIME_STEP, MAX_SPEED);
  angle += velocity * TIME_STEP; // with the new velocity, and not wrapped: turns are counted
  return { angle, velocity, reward };
}

/** A start as in Pendulum-v1, but in the lower half, where there's something to do. */
export function randomStart(random = Math.random) {
  return { angle: Math.PI * (0.5 + random()), velocity: 2 * random() - 1 };
}

// ---- The visitor's hand ----

/** The torque with which a hand at `angle` pulls the rod: a spring and a brake, no stronger than
 *  the motor. */
export function pull(state, angle) {
  return clip(10 * wrap(angle - state.angle) - 2 * state.velocity, MAX_TORQUE);
}

/** The state one step later if a hand, however strong, carries the rod towards `angle`. */
export function carry(state, angle) {
  const velocity = clip(wrap(angle - state.angle) / TIME_STEP, MAX_SPEED);
  return { angle: state.angle + velocity * TIME_STEP, velocity };
}

// ---- The agent ----

const [INPUTS, UNITS1, UNITS2] = [3, 400, 300];
const FLOATS = INPUTS * UNITS1 + UNITS1 + 3 * UNITS2 + 1;
export const ACTOR_BYTES = 4 * FLOATS + UNITS1 * UNITS2;

/** The network from helpers/networks.py: 3 numbers in, 400 and 300 units, 1 torque out.
 *
 *  It reads its weights where they lie in the downloaded file (tools/site.py wrote it). Nearly all
 *  are those between the two layers of units. They are whole numbers from -127 to 127, which take
 *  a quarter of the space; each unit of the second layer has a scale for its own. */
export class Actor {
  constructor(file, index) {
    let offset = index * ACTOR_BYTES;
    const floats = (length) => {
      offset += 4 * length;
      return new Float32Array(file, offset - 4 * length, length);
    };
    this.weights1 = floats(INPUTS * UNITS1); // those of the first unit, of the second, ...
    this.biases1 = floats(UNITS1);
    this.scales2 = floats(UNITS2);
    this.biases2 = floats(UNITS2);
    this.weights3 = floats(UNITS2);
    this.bias3 = floats(1);
    this.weights2 = new Int8Array(file, offset, UNITS1 * UNITS2); // *from* the first unit, ...
    this.sums = new Float64Array(UNITS2);
  }

  torque({ angle, velocity }) {
    const { weights1, biases1, weights2, scales2, biases2, weights3, sums } = this;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]; // the network doesn't see the angle
    sums.fill(0);
    for (let i = 0, k = 0; i < UNITS1; i++, k += 3) {
      const unit = weights1[k] * cos + weights1[k + 1] * sin + weights1[k + 2] * velocity;
      const x = unit + biases1[i];
      if (x <= 0) continue; // half the units are off at a time, and have nothing to pass on
      const row = i * UNITS2;
      for (let j = 0; j < UNITS2; j++) sums[j] += x * weights2[row + j];
    }
    let output = this.bias3[0];
    for (let j = 0; j < UNITS2; j++) {
      output += weights3[j] * Math.max(0, scales2[j] * sums[j] + biases2[j]);
    }
    return MAX_TORQUE * Math.tanh(output);
  }
}

// ---- The best controller ----

export const ANGLES = 240; // rows of the table, once around; the first is hanging
export const VELOCITIES = 161; // columns, from -8 to 8 rad/s
const UNIT = 0.05; // N m: the table holds whole numbers

/** The best torque in any state, from a table that knows it in 38,640 of them. */
export class Optimum {
  constructor(file) {
    this.table = new Int8Array(file);
  }

  torque({ angle, velocity }) {
    const row = (wrap(angle) / (2 * Math.PI) + 0.5) * ANGLES;
    const column = ((velocity / MAX_SPEED + 1) / 2) * (VELOCITIES - 1);
    const [i, j] = [Math.floor(row), Math.min(Math.floor(column), VELOCITIES - 2)];
    const across = (i) => {
      const k = (i % ANGLES) * VELOCITIES + j; // the angle goes round
      return this.table[k] + (column - j) * (this.table[k + 1] - this.table[k]);
    };
    return UNIT * (across(i) + (row - i) * (across(i + 1) - across(i)));
  }
}

// ---- What a controller does everywhere, and one step after another ----

/** Makes a map of torques, (size, size), a node with each `next`: first every eighth row, in its
 *  neighbours' place too, then those between. Angles go from -π to π; the fastest anticlockwise
 *  velocity is on top. */
export function* makeMap(map, size, controller) {
  for (const gap of [8, 4, 2, 1]) {
    for (let row = 0; row < size; row += gap) {
      if (gap < 8 && row % (2 * gap) === 0) continue; // made before
      const velocity = MAX_SPEED * (1 - (2 * row) / (size - 1));
      for (let column = 0; column < size; column++) {
        const angle = Math.PI * ((2 * column) / (size - 1) - 1);
        map[row * size + column] = controller.torque({ angle, velocity });
        yield;
      }
      for (let below = row + 1; below < Math.min(row + gap, size); below++) {
        map.copyWithin(below * size, row * size, (row + 1) * size);
      }
    }
  }
}

/** A pendulum on its way: its last states, and the sum of its rewards so far. */
export class Pendulum {
  constructor(start) {
    this.path = [start];
    [this.steps, this.total, this.torque] = [0, 0, 0];
  }

  get state() {
    return this.path.at(-1);
  }

  /** Where it is on its way from the last state but one (part 0) to the last (part 1). */
  at(part) {
    const [before, after] = [this.path.at(-2) ?? this.state, this.state];
    const mix = (name) => before[name] + part * (after[name] - before[name]);
    return { angle: mix("angle"), velocity: mix("velocity") };
  }

  move(state, torque = 0, reward = 0) {
    this.path.push(state);
    if (this.path.length > 60) this.path.shift(); // three seconds
    this.torque = clip(torque, MAX_TORQUE);
    this.steps += 1;
    this.total += reward;
  }

  push(torque) {
    const { reward, ...state } = step(this.state, torque);
    this.move(state, torque, reward);
  }
}
