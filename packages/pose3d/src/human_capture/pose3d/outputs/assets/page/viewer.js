/* Wires the page together.

   `window.viewer` can be driven from the console or a test:
     viewer.setFrame(n)      show frame n, counted from 0, and pause
     viewer.play(), viewer.pause()
     viewer.setView({azimuth, elevation, distance, target})   radians and metres
     viewer.select(person, joint)   as if that joint had been clicked; both from 0
     viewer.state()          frame, playing, view, and what the last picture shows */

const element = (id) => document.getElementById(id);
const motion = new Motion(JSON.parse(element("motion").textContent));
const orbit = new Orbit(element("scene"), motion.centre, motion.radius);
const drawing = new Drawing(element("scene"), motion, orbit);
const timeline = new Timeline(element("timeline"), motion);

let time = 0; // in frames; between two frames while playing slowly
let playing = false;
let follow = false;
let speed = 1;
let before = null; // when the last picture was drawn
let waiting = false;

function refresh() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(paint);
}

function paint(now) {
  waiting = false;
  if (playing) {
    const passed = before === null ? 0 : Math.min(now - before, 200) / 1000;
    time = (time + passed * motion.fps * speed) % motion.frames;
  }
  before = playing ? now : null;
  if (follow) {
    const middle = motion.middle(time);
    if (middle) orbit.target = middle;
  }
  drawing.draw(time);
  timeline.draw(time);
  showClock();
  showCard();
  if (playing) refresh();
}

function showClock() {
  const frame = Math.floor(time);
  const seconds = (frame / motion.fps).toFixed(2);
  element("clock").innerHTML =
    `<b>${seconds} s</b> · frame ${frame} / ${Math.max(0, motion.frames - 1)}`;
}

/* What is known about the selected joint, beside it. */
function showCard() {
  const card = element("card");
  const chosen = drawing.selected;
  card.hidden = !chosen?.spot;
  if (card.hidden) return;
  const facts = motion.facts(chosen.person, Math.floor(time), chosen.joint);
  const name = motion.joints[chosen.joint].replaceAll("_", " ");
  element("joint").textContent = `${name} · ${chosen.person.name}`;
  const rows = facts.position ? [
    ...["x", "y", "z"].map((axis, n) => [axis, `${facts.position[n].toFixed(3)} m`]),
    ["confidence", `${Math.round(100 * facts.confidence)} %`],
  ] : [["", "not seen"]];
  if (facts.errorInPixels !== null) {
    rows.push(["reprojection", `${facts.errorInPixels.toFixed(1)} px`]);
  }
  if (facts.filled) rows.push(["", "interpolated"]);
  element("facts").replaceChildren(...rows.flatMap(([term, value]) => {
    const pair = [document.createElement("dt"), document.createElement("dd")];
    pair[0].textContent = term;
    pair[1].textContent = value;
    return pair;
  }));
  const { clientWidth, clientHeight } = card;
  const right = chosen.spot.x + 22 + clientWidth < innerWidth;
  const left = right ? chosen.spot.x + 22 : chosen.spot.x - 22 - clientWidth;
  const top = chosen.spot.y - clientHeight / 2;
  card.style.left = `${Math.max(6, Math.min(innerWidth - clientWidth - 6, left))}px`;
  card.style.top = `${Math.max(6, Math.min(innerHeight - clientHeight - 6, top))}px`;
}

function setFrame(frame) {
  pause();
  time = Math.max(0, Math.min(motion.frames - 1, Math.round(frame)));
  refresh();
}

function play() {
  playing = motion.frames > 1;
  showPlaying();
}

function pause() {
  playing = false;
  time = Math.floor(time);
  showPlaying();
}

function showPlaying() {
  const shape = playing ? "M5 3h4v14H5zM11 3h4v14h-4z" : "M5 3l12 7-12 7z";
  element("play-shape").setAttribute("d", shape);
  refresh();
}

function select(person, joint) {
  drawing.selected = { person: motion.people[person], joint };
  refresh();
}

/* The joint under the pointer, or else the camera, or else nothing. */
function click(event) {
  const reach = event.pointerType === "touch" ? 26 : 14;
  const away = (spot) => Math.hypot(spot.x - event.clientX, spot.y - event.clientY);
  const near = drawing.spots.filter((spot) => away(spot) < reach);
  near.sort((first, second) => away(first) - away(second));
  const hit = near.find((spot) => spot.person) || near[0];
  drawing.selected = hit?.person ? { person: hit.person, joint: hit.joint } : null;
  if (hit?.camera) orbit.lookFrom(hit.camera);
  refresh();
}

function toggle(id, change) {
  const button = element(id);
  const pressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", pressed);
  change(pressed);
  refresh();
}

const actions = {
  play: () => (playing ? pause() : play()),
  back: () => setFrame(time - 1),
  forward: () => setFrame(Math.floor(time) + 1),
  trails: () => toggle("trails", (on) => { drawing.showTrails = on; }),
  cameras: () => toggle("cameras", (on) => { drawing.showCameras = on; }),
  follow: () => toggle("follow", (on) => { follow = on; }),
  reset: () => { orbit.reset(); refresh(); },
  close: () => { drawing.selected = null; refresh(); },
};

const keys = {
  " ": "play", k: "play", ArrowLeft: "back", ArrowRight: "forward",
  t: "trails", c: "cameras", f: "follow", r: "reset", Escape: "close",
};

function listen() {
  for (const [id, action] of Object.entries(actions)) {
    element(id).addEventListener("click", action);
  }
  element("speed").addEventListener("change", (event) => {
    speed = Number(event.target.value);
    event.target.blur();
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.tagName === "SELECT") return;
    if (event.key === "Home") return setFrame(0);
    if (event.key === "End") return setFrame(motion.frames - 1);
    if (!keys[event.key]) return;
    event.preventDefault(); // space would press the focused button as well
    actions[keys[event.key]]();
  });
  orbit.onChange = refresh;
  orbit.onClick = click;
  timeline.onSeek = setFrame;
  addEventListener("resize", refresh);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
  const hideHint = () => element("hint").classList.add("gone");
  element("scene").addEventListener("pointerdown", hideHint, { once: true });
}

/* One chip a person: press to hide. */
function listPeople() {
  for (const person of motion.people) {
    const chip = document.createElement("button");
    chip.setAttribute("aria-pressed", "true");
    chip.title = "light: left side, deep: right side";
    const tones = document.createElement("span");
    tones.className = "tones";
    for (const colour of person.tones) {
      const tone = document.createElement("i");
      tone.style.background = colour;
      tones.append(tone);
    }
    chip.append(tones, person.name);
    chip.addEventListener("click", () => {
      person.visible = !person.visible;
      chip.setAttribute("aria-pressed", person.visible);
      refresh();
    });
    element("people").append(chip);
  }
}

window.viewer = {
  setFrame, play, pause, select,
  setView: (view) => { Object.assign(orbit, view); refresh(); },
  state: () => ({
    frame: Math.floor(time),
    playing,
    view: { azimuth: orbit.azimuth, elevation: orbit.elevation,
      distance: orbit.distance, target: orbit.target },
    joints: drawing.spots.filter((spot) => spot.person).length,
    cameras: drawing.spots.filter((spot) => spot.camera).length,
    card: element("card").hidden ? null : element("card").innerText,
  }),
};

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
element("summary").textContent = [
  motion.people.length ? plural(motion.people.length, "person", "people") : "nobody seen",
  motion.cameras.length ? plural(motion.cameras.length, "camera", "cameras") : "",
  `${plural(motion.frames, "frame", "frames")} at ${+motion.fps.toFixed(2)} fps`,
].filter(Boolean).join(" · ");
element("cameras").hidden = motion.cameras.length === 0;
listPeople();
listen();
refresh();
