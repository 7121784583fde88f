/* Wires the page together.

   `window.viewer` can be driven from the console or a test:
     viewer.setStyle("colours" | "clay" | "normals"), viewer.setWires(true)
     viewer.setView({azimuth, elevation, distance, target})   radians and metres
     viewer.setTheme("light" | "dark")
     viewer.state()          style, wires, theme, whether it swings, and the view */

const element = (id) => document.getElementById(id);
const data = JSON.parse(element("mesh").textContent);
const surface = new Surface(data);
const canvas = element("scene");
const painter = new Painter(canvas, surface);
const orbit = new Orbit(canvas, surface);
const dark = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let style = surface.colours ? "colours" : "clay";
let wires = false;
let swinging = !calm.matches;
let touched = false;
let chosenTheme = null;
let start = null; // when the first picture was drawn
let waiting = false;

function refresh() {
  if (waiting || !painter.works) return;
  waiting = true;
  requestAnimationFrame(paint);
}

function paint(now) {
  waiting = false;
  start ??= now;
  if (swinging) orbit.swing((now - start) / 1000);
  painter.draw(orbit, style, wires);
  if (swinging) refresh();
}

/* The part of the window that heading, hint and buttons leave free. */
function arrange() {
  const top = document.querySelector("header").getBoundingClientRect().bottom;
  const bottom = innerHeight - element("hint").getBoundingClientRect().top;
  orbit.covered = [top, bottom];
  if (!touched) orbit.fit();
  refresh();
}

function setStyle(name) {
  style = name;
  showPressed();
}

function setWires(on) {
  wires = on;
  showPressed();
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
}

function setView(view) {
  hold();
  Object.assign(orbit, view);
  refresh();
}

/* Somebody takes over. */
function hold() {
  swinging = false;
  touched = true;
  element("hint").classList.add("gone");
}

function showPressed() {
  for (const name of ["colours", "clay", "normals"]) {
    element(name).setAttribute("aria-pressed", name === style);
  }
  element("wires").setAttribute("aria-pressed", wires);
  refresh();
}

function theme() {
  return document.documentElement.dataset.theme;
}

function toggleTheme() {
  chosenTheme = theme() === "dark" ? "light" : "dark";
  setTheme(chosenTheme);
}

const actions = {
  colours: () => setStyle("colours"),
  clay: () => setStyle("clay"),
  normals: () => setStyle("normals"),
  wires: () => setWires(!wires),
  background: toggleTheme,
  reset: () => { hold(); orbit.reset(); refresh(); },
};

const keys = {
  1: "colours", 2: "clay", 3: "normals", w: "wires", b: "background", r: "reset",
};
const arrows = {
  ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1],
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const name = keys[event.key];
  if (arrows[event.key]) {
    event.preventDefault();
    hold();
    orbit.turn(...arrows[event.key]);
  } else if (event.key === "+" || event.key === "-") {
    hold();
    orbit.zoom(event.key === "+" ? 0.9 : 1 / 0.9);
  } else if (name && !element(name).hidden) {
    actions[name]();
  }
}

function listen() {
  for (const [id, action] of Object.entries(actions)) {
    element(id).addEventListener("click", action);
  }
  addEventListener("keydown", press);
  orbit.onChange = refresh;
  orbit.onTouch = hold;
  addEventListener("resize", arrange);
  dark.addEventListener("change", () => {
    if (!chosenTheme) setTheme(dark.matches ? "dark" : "light");
  });
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => { painter.prepare(); refresh(); });
}

window.viewer = {
  setStyle, setWires, setTheme, setView,
  state: () => ({
    style, wires, swinging,
    theme: theme(),
    view: { azimuth: orbit.azimuth, elevation: orbit.elevation,
      distance: orbit.distance, target: orbit.target },
  }),
};

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}`;
element("summary").textContent =
  `${count(data.vertices, "vertices")} · ${count(data.triangles, "triangles")}`;
element("colours").hidden = !surface.colours;
setTheme(dark.matches ? "dark" : "light");
if (painter.works) {
  listen();
  showPressed();
  arrange();
} else {
  for (const id of ["controls", "hint"]) element(id).hidden = true;
  element("sorry").hidden = false;
}
