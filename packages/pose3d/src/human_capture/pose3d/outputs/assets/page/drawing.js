/* Draws one moment: floor, shadows, trails, cameras and people, far ones first. */

const BONE_RADIUS = 0.022; // metres
const JOINT_RADIUS = 0.03;
const HEAD_RADIUS = 0.1;
const FACE = /(eye|ear|nose|mouth|thumb|index|middle|ring|pinky|toe|heel)/;
const TRAIL_JOINTS = /(wrist|ankle|nose|neck_nose|index_tip)$/;
const TRAIL_SECONDS = 1.5;

class Drawing {
  constructor(canvas, motion, orbit) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.motion = motion;
    this.orbit = orbit;
    this.showTrails = false;
    this.showCameras = true;
    this.selected = null; // {person, joint}
    this.spots = []; // what a click can hit, from the last picture
  }

  draw(time) {
    this.#prepare();
    this.spots = [];
    this.#floor();
    const people = this.motion.people.filter((person) => person.visible);
    for (const person of people) this.#shadow(person, time);
    for (const person of people) this.#trails(person, time);
    const parts = people.flatMap((person) => this.#body(person, time));
    if (this.showCameras) parts.push(...this.motion.cameras.map((c) => this.#camera(c)));
    parts.sort((first, second) => second.depth - first.depth);
    for (const part of parts) part.draw();
    this.#selection(time);
  }

  #prepare() {
    const [ratio, canvas] = [window.devicePixelRatio || 1, this.canvas];
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    this.context.lineCap = "round";
    this.context.lineJoin = "round";
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    this.ink = value("--ink");
    this.panel = value("--panel");
    this.outline = value("--outline");
    this.grid = value("--grid");
    this.shade = value("--shadow");
    this.orbit.update();
  }

  /* One-metre squares that fade out away from the people. */
  #floor() {
    const { floor, centre, radius } = this.motion;
    const reach = Math.ceil(radius + 2.5);
    const [x0, y0] = [Math.round(centre[0]), Math.round(centre[1])];
    const fade = (x, y) => 1 - Math.hypot(x - centre[0], y - centre[1]) / reach;
    for (let i = -reach; i <= reach; i++) {
      for (let j = -reach; j < reach; j++) {
        const alongX = [[x0 + j, y0 + i], [x0 + j + 1, y0 + i]];
        const alongY = [[x0 + i, y0 + j], [x0 + i, y0 + j + 1]];
        for (const [first, second] of [alongX, alongY]) {
          const alpha = 0.42 * Math.min(fade(...first), fade(...second));
          if (alpha <= 0) continue;
          this.context.strokeStyle = `rgba(${this.grid}, ${alpha})`;
          this.#line([...first, floor], [...second, floor], 1);
        }
      }
    }
    this.#axis([1, 0, 0], "#e5484d", "x");
    this.#axis([0, 1, 0], "#30a46c", "y");
    this.#axis([0, 0, 1], "#3e7bfa", "z");
  }

  #axis(direction, colour, name) {
    const origin = [0, 0, this.motion.floor];
    const end = origin.map((value, axis) => value + 0.3 * direction[axis]);
    this.context.strokeStyle = colour;
    this.#line(origin, end, 2);
    const tip = this.orbit.project(end);
    if (!tip) return;
    this.context.fillStyle = colour;
    this.context.font = "600 11px system-ui, sans-serif";
    this.context.fillText(name, tip.x + 4, tip.y + 4);
  }

  #shadow(person, time) {
    const flat = (point) => [point[0], point[1], this.motion.floor];
    this.context.strokeStyle = `rgba(${this.shade}, 0.16)`;
    this.context.beginPath();
    let width = 2;
    for (const [first, second] of this.motion.bones) {
      const start = this.motion.position(person, time, first);
      const end = this.motion.position(person, time, second);
      const line = start && end && this.orbit.projectLine(flat(start), flat(end));
      if (!line) continue;
      this.context.moveTo(line[0].x, line[0].y);
      this.context.lineTo(line[1].x, line[1].y);
      width = Math.min(60, 2.6 * BONE_RADIUS * line[0].scale);
    }
    this.context.lineWidth = width; // one path: overlapping bones do not darken twice
    this.context.stroke();
  }

  #trails(person, time) {
    const length = Math.round(TRAIL_SECONDS * this.motion.fps);
    this.motion.joints.forEach((name, joint) => {
      const chosen = this.selected?.person === person && this.selected.joint === joint;
      if (!chosen && !(this.showTrails && TRAIL_JOINTS.test(name))) return;
      this.context.strokeStyle = person.jointColours[joint];
      this.context.lineCap = "butt"; // round ends would overlap and show as dots
      const last = Math.floor(time);
      for (let frame = Math.max(0, last - length); frame < last; frame++) {
        const start = this.motion.position(person, frame, joint);
        const end = this.motion.position(person, frame + 1, joint);
        if (!start || !end) continue;
        this.context.globalAlpha = 0.9 * (1 - (last - frame) / (length + 1)) ** 1.3;
        this.#line(start, end, 2.5);
      }
      this.context.globalAlpha = 1;
      this.context.lineCap = "round";
    });
  }

  /* Bones and joints of a person as parts with a depth. */
  #body(person, time) {
    const frame = Math.floor(time);
    const spots = this.motion.joints.map((_, joint) => {
      const position = this.motion.position(person, time, joint);
      return position && this.orbit.project(position);
    });
    const parts = [];
    this.motion.bones.forEach(([first, second], bone) => {
      const [start, end] = [spots[first], spots[second]];
      if (!start || !end) return;
      const thin = FACE.test(this.motion.joints[first] + this.motion.joints[second]);
      const radius = BONE_RADIUS * (thin ? 0.45 : 1);
      const guess = [first, second].some((n) => this.motion.isFilled(person, frame, n));
      parts.push({
        depth: (start.depth + end.depth) / 2,
        draw: () => this.#bone(start, end, radius, person.boneColours[bone], guess),
      });
    });
    parts.push(...this.#head(person, time));
    spots.forEach((spot, joint) => {
      if (!spot) return;
      this.spots.push({ ...spot, person, joint });
      const small = FACE.test(this.motion.joints[joint]);
      const radius = Math.max(2, JOINT_RADIUS * (small ? 0.5 : 1) * spot.scale);
      const guess = this.motion.isFilled(person, frame, joint);
      parts.push({
        depth: spot.depth - 0.03, // joints lie on top of the bones that meet there
        draw: () => this.#joint(spot, radius, person.jointColours[joint], guess),
      });
    });
    return parts;
  }

  /* A pale ball between the ears and a neck below it: not measured, but it lets the
     eye see at once which way a person looks. */
  #head(person, time) {
    const middle = (pair) => {
      const ends = pair.map((joint) => this.motion.position(person, time, joint));
      return ends.every(Boolean) && ends[0].map((value, n) => (value + ends[1][n]) / 2);
    };
    const head = this.motion.ears && middle(this.motion.ears);
    const spot = head && this.orbit.project(head);
    if (!spot) return [];
    const parts = [{ depth: spot.depth, draw: () => this.#ball(spot, person.colour) }];
    const neck = this.motion.shoulders && middle(this.motion.shoulders);
    const below = neck && this.orbit.project(neck);
    if (below) {
      parts.push({
        depth: (spot.depth + below.depth) / 2 + 0.02,
        draw: () => this.#bone(spot, below, BONE_RADIUS * 0.8, person.colour, false),
      });
    }
    return parts;
  }

  #ball(spot, colour) {
    const radius = HEAD_RADIUS * spot.scale;
    this.context.beginPath();
    this.context.ellipse(spot.x, spot.y, radius * 0.86, radius, 0, 0, 2 * Math.PI);
    this.context.fillStyle = colour;
    this.context.globalAlpha = 0.28;
    this.context.fill();
    this.context.globalAlpha = 0.55;
    this.context.strokeStyle = colour;
    this.context.lineWidth = 1.5;
    this.context.stroke();
    this.context.globalAlpha = 1;
  }

  #bone(start, end, radius, colour, guess) {
    const width = Math.max(2, radius * (start.scale + end.scale));
    const stroke = (style, lineWidth, shift = 0) => {
      this.context.strokeStyle = style;
      this.context.lineWidth = lineWidth;
      this.context.beginPath();
      this.context.moveTo(start.x - shift, start.y - shift);
      this.context.lineTo(end.x - shift, end.y - shift);
      this.context.stroke();
    };
    if (guess) this.context.globalAlpha = 0.45;
    stroke(this.outline, width + 1.5);
    stroke(colour, width);
    stroke("rgba(255, 255, 255, 0.28)", width * 0.3, width * 0.16);
    this.context.globalAlpha = 1;
  }

  #joint(spot, radius, colour, guess) {
    const circle = (x, y, r, style) => {
      this.context.fillStyle = style;
      this.context.beginPath();
      this.context.arc(x, y, r, 0, 2 * Math.PI);
      this.context.fill();
    };
    circle(spot.x, spot.y, radius + 0.75, this.outline);
    circle(spot.x, spot.y, radius, colour);
    if (guess) circle(spot.x, spot.y, radius * 0.6, this.panel);
    else circle(spot.x - radius * 0.28, spot.y - radius * 0.3, radius * 0.36,
      "rgba(255, 255, 255, 0.5)");
  }

  /* A camera as the pyramid it sees, with its name. */
  #camera(camera) {
    const { centre, corners } = camera;
    const spot = this.orbit.project(centre);
    return {
      depth: spot ? spot.depth : -1,
      draw: () => {
        this.context.strokeStyle = this.ink;
        this.context.globalAlpha = 0.6;
        corners.forEach((corner, n) => {
          this.#line(centre, corner, 1.2);
          this.#line(corner, corners[(n + 1) % 4], 1.6);
        });
        this.context.globalAlpha = 1;
        if (spot) this.#label(camera, spot);
      },
    };
  }

  #label(camera, spot) {
    this.context.font = "600 12px system-ui, sans-serif";
    const width = this.context.measureText(camera.name).width + 14;
    const [left, top] = [spot.x - width / 2, spot.y + 8];
    this.context.fillStyle = this.panel;
    this.context.beginPath();
    this.context.roundRect(left, top, width, 20, 10);
    this.context.fill();
    this.context.fillStyle = this.ink;
    this.context.fillText(camera.name, left + 7, top + 14);
    this.spots.push({ x: spot.x, y: top + 8, depth: spot.depth, camera });
  }

  #selection(time) {
    if (!this.selected) return;
    const { person, joint } = this.selected;
    const position = person.visible && this.motion.position(person, time, joint);
    const spot = position && this.orbit.project(position);
    this.selected.spot = spot || null;
    if (!spot) return;
    this.context.strokeStyle = this.ink;
    this.context.lineWidth = 2;
    this.context.beginPath();
    this.context.arc(spot.x, spot.y, Math.max(8, 0.055 * spot.scale), 0, 2 * Math.PI);
    this.context.stroke();
  }

  #line(start, end, width) {
    const line = this.orbit.projectLine(start, end);
    if (!line) return;
    this.context.lineWidth = width;
    this.context.beginPath();
    this.context.moveTo(line[0].x, line[0].y);
    this.context.lineTo(line[1].x, line[1].y);
    this.context.stroke();
  }
}
