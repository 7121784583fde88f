/* The eye that circles the head, and the gestures that move it.

   Azimuth 0 is in front of the face and grows towards the person's left; elevation
   grows upwards; both in radians. Camera axes: x right, y down, z forward. */

const LENS = 2.2; // focal length over the free part of the window: that of portraits
const MARGIN = 1.06; // free part of the window over the head
const SWING = 1.2; // radians to either side, before anyone touches the page
const SWING_SECONDS = 14;
const TAP = 6; // pixels a finger may slip

class Orbit {
  constructor(canvas, surface) {
    this.canvas = canvas;
    this.surface = surface;
    this.onChange = () => {};
    this.onTouch = () => {};
    this.reset();
    this.#listen();
  }

  reset() {
    Object.assign(this, { azimuth: 0, elevation: 0, target: [...this.surface.centre] });
    this.fit();
  }

  /* Move to where the whole head is in the window while it swings. */
  fit() {
    this.update();
    const { clientWidth } = this.canvas;
    const slope = 0.5 / this.focal / MARGIN;
    const azimuths = [-1, -0.5, 0, 0.5, 1].map((share) => share * SWING);
    this.first = this.surface.fittingDistance(
      azimuths, slope * clientWidth, slope * this.free);
    this.distance = this.first;
  }

  swing(seconds) {
    this.azimuth = SWING * Math.sin((2 * Math.PI * seconds) / SWING_SECONDS);
  }

  /* Fix the basis and the lens for one picture. */
  update() {
    const [ca, sa] = [Math.cos(this.azimuth), Math.sin(this.azimuth)];
    const [ce, se] = [Math.cos(this.elevation), Math.sin(this.elevation)];
    this.right = [ca, sa, 0];
    this.down = [se * sa, -se * ca, -ce];
    this.forward = [-ce * sa, ce * ca, -se];
    const { clientHeight } = this.canvas;
    const [top, bottom] = this.covered ?? [0, 0];
    this.free = Math.max(clientHeight - top - bottom, clientHeight / 2);
    this.focal = LENS * this.free;
    this.middle = clientHeight / 2 + (top - bottom) / 2;
  }

  turn(right, up) {
    this.azimuth -= right;
    this.elevation = Math.max(-1.4, Math.min(1.4, this.elevation + up));
    this.onChange();
  }

  move(dx, dy) {
    const metres = this.distance / this.focal;
    this.target = this.target.map((value, axis) =>
      value - metres * (dx * this.right[axis] + dy * this.down[axis]));
    this.onChange();
  }

  zoom(factor) {
    const distance = this.distance * factor;
    this.distance = Math.max(0.12 * this.first, Math.min(5 * this.first, distance));
    this.onChange();
  }

  #listen() {
    const canvas = this.canvas;
    const pointers = new Map();
    let travelled = 0;
    let tapped = null; // the last tap, of which a second may make two
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.onTouch();
      const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
      this.zoom(Math.exp(Math.max(-120, Math.min(120, pixels)) * 0.0016));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      this.onTouch();
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
        this.move(dx / 2, dy / 2); // the other finger brings the other half
      } else if (event.buttons & 2 || event.buttons & 4 || event.shiftKey) {
        this.move(dx, dy);
      } else {
        this.turn(dx * 0.006, dy * 0.006);
      }
      pointers.set(event.pointerId, event);
    });
    const release = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      if (pointers.size > 0) {
        tapped = null;
        travelled = Infinity; // two fingers are no tap
        return;
      }
      canvas.classList.remove("dragging");
      if (travelled > TAP || event.type !== "pointerup" || event.button !== 0) return;
      const twice = tapped && event.timeStamp - tapped.timeStamp < 400
        && gap(event, tapped) < 30;
      tapped = twice ? null : event;
      if (!twice) return;
      this.reset();
      this.onChange();
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
  }
}

function gap(first, second) {
  return Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY);
}
