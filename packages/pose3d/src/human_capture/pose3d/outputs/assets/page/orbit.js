/* The eye that circles a target, and the gestures that move it. */

const NEAR = 0.05; // metres
const LENS = 1.35; // focal length over the height of the window

class Orbit {
  constructor(canvas, target, radius) {
    this.canvas = canvas;
    this.first = { azimuth: -0.9, elevation: 0.3, target, radius };
    this.reset();
    this.onChange = () => {};
    this.onClick = () => {};
    this.#listen();
  }

  reset() {
    const { azimuth, elevation, target, radius } = this.first;
    const shape = this.canvas.clientWidth / this.canvas.clientHeight;
    Object.assign(this, { azimuth, elevation, target: [...target], lens: LENS });
    this.distance = (2.3 * radius) / Math.max(0.4, Math.min(1, 0.85 * shape));
  }

  /* Fix the basis for one picture. */
  update() {
    const [ca, sa] = [Math.cos(this.azimuth), Math.sin(this.azimuth)];
    const [ce, se] = [Math.cos(this.elevation), Math.sin(this.elevation)];
    this.back = [ce * ca, ce * sa, se];
    this.right = [-sa, ca, 0];
    this.up = [-se * ca, -se * sa, ce];
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.focal = this.lens * this.height;
    this.middle = [this.width / 2, this.height * 0.46]; // above the controls
  }

  /* A world point as [right, up, depth] in metres. */
  view(point) {
    const moved = subtract(point, this.target);
    return [dot(moved, this.right), dot(moved, this.up),
      this.distance - dot(moved, this.back)];
  }

  /* A world point as {x, y, depth, scale}, or null behind the eye. */
  project(point) {
    const [x, y, depth] = this.view(point);
    return depth < NEAR ? null : this.#toScreen(x, y, depth);
  }

  /* Both ends of a world line on the screen, cut at the eye; null when behind it. */
  projectLine(start, end) {
    let [first, second] = [this.view(start), this.view(end)];
    if (first[2] < NEAR && second[2] < NEAR) return null;
    if (first[2] < NEAR) first = cut(second, first);
    if (second[2] < NEAR) second = cut(first, second);
    return [this.#toScreen(...first), this.#toScreen(...second)];
  }

  /* Stand where a recorded camera stood and see what it saw. */
  lookFrom({ centre, forward, corners }) {
    const along = dot(subtract(this.first.target, centre), forward);
    this.distance = Math.max(1, along);
    this.target = centre.map((value, axis) => value + this.distance * forward[axis]);
    this.azimuth = Math.atan2(-forward[1], -forward[0]);
    this.elevation = Math.asin(Math.max(-1, Math.min(1, -forward[2])));
    this.update();
    const seen = corners.map((corner) => this.view(corner));
    const widest = Math.max(...seen.map(([x, , depth]) => Math.abs(x) / depth));
    const highest = Math.max(...seen.map(([, y, depth]) => Math.abs(y) / depth));
    const shape = this.width / this.height;
    this.lens = Math.min(0.36 / highest, (0.48 * shape) / widest);
    this.onChange();
  }

  turn(right, up) {
    this.azimuth -= right;
    this.elevation = Math.max(-0.35, Math.min(1.55, this.elevation + up));
    this.onChange();
  }

  pan(dx, dy) {
    const metres = this.distance / this.focal;
    this.target = this.target.map((value, axis) =>
      value - metres * (dx * this.right[axis] - dy * this.up[axis]));
    this.onChange();
  }

  zoom(factor) {
    this.distance = Math.max(0.4, Math.min(80, this.distance * factor));
    this.onChange();
  }

  #toScreen(x, y, depth) {
    const scale = this.focal / depth;
    return { x: this.middle[0] + scale * x, y: this.middle[1] - scale * y, depth, scale };
  }

  #listen() {
    const canvas = this.canvas;
    const pointers = new Map();
    let travelled = 0;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
      this.zoom(Math.exp(Math.max(-120, Math.min(120, pixels)) * 0.0016));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (pointers.size === 0) travelled = 0;
      pointers.set(event.pointerId, event);
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("dragging");
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      travelled += Math.hypot(dx, dy);
      const other = [...pointers.values()].find((p) => p.pointerId !== event.pointerId);
      if (other) {
        this.zoom(gap(before, other) / Math.max(gap(event, other), 1));
        this.pan(dx / 2, dy / 2); // the other finger brings the other half
      } else if (event.buttons & 2 || event.buttons & 4 || event.shiftKey) {
        this.pan(dx, dy);
      } else {
        this.turn(dx * 0.006, dy * 0.006);
      }
      pointers.set(event.pointerId, event);
    });
    const release = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      if (pointers.size === 0) canvas.classList.remove("dragging");
      const still = travelled < 6 && event.type === "pointerup" && event.button === 0;
      if (still && pointers.size === 0) this.onClick(event);
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
  }
}

function cut(inside, outside) {
  const share = (inside[2] - NEAR) / (inside[2] - outside[2]);
  return inside.map((value, axis) => value + share * (outside[axis] - value));
}

function gap(first, second) {
  return Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY);
}

function subtract(first, second) {
  return first.map((value, axis) => value - second[axis]);
}

function dot(first, second) {
  return first[0] * second[0] + first[1] * second[1] + first[2] * second[2];
}
