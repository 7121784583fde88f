"""The page is opened in headless Chromium, driven through ``window.viewer``."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import torch

from human_capture.common.calibration import Calibration
from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.page import write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM = CHROMIUM or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium (apt install chromium) to open the page"
)
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--hide-scrollbars --window-size=1000,700 --virtual-time-budget=8000 --dump-dom"
).split()

PRELUDE = """
<script>window.failures = [];
addEventListener("error", (event) => failures.push(event.message));
// without a display there are no animation frames
window.requestAnimationFrame = (paint) =>
  setTimeout(() => paint(performance.now()), 16);
</script>
"""
DRIVER = """
<pre id="result"></pre>
<script>
const drawn = () => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done)));
const painted = () => {
  const canvas = document.getElementById("scene");
  const context = canvas.getContext("2d");
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
};
const colourOf = (spot) => {
  const canvas = document.getElementById("scene");
  const ratio = canvas.width / canvas.clientWidth;
  const context = canvas.getContext("2d");
  return [...context.getImageData(spot.x * ratio, spot.y * ratio, 1, 1).data];
};
const point = (type, x, y, more) => document.getElementById("scene").dispatchEvent(
  new PointerEvent(type, { clientX: x, clientY: y, bubbles: true, button: 0,
    pointerId: 1, buttons: 1, ...more }));
Element.prototype.setPointerCapture = () => {}; // made-up pointers cannot be captured
const run = async () => { %s };
run().catch((error) => ({ error: error.message })).then((result) => {
  document.getElementById("result").textContent =
    JSON.stringify({ result, failures });
});
</script>
"""


def open_page(path, script, folder):
    """What the script returns when it runs inside the page."""
    page = path.read_text()
    page = page.replace("<body>", "<body>" + PRELUDE)
    page = page.replace("</body>", DRIVER % script + "</body>")
    driven = folder / "driven.html"
    driven.write_text(page)
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [CHROMIUM, *FLAGS, profile, driven.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    found = re.search(r'<pre id="result">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    answer = json.loads(html.unescape(found[1]))
    assert answer["failures"] == []
    assert "error" not in (answer["result"] or {}), answer
    return answer["result"]


@pytest.fixture(scope="module")
def calibration(rig):
    names = ("front", "left", "back", "right")
    return Calibration(names, rig.to(torch.float64), ((640, 640),) * 4)


@pytest.fixture(scope="module")
def visit(walk, calibration, tmp_path_factory):
    """Everything one visit to a page of two walking people shows."""
    folder = tmp_path_factory.mktemp("page")
    capture = walk(people=2, frames=40)
    points = capture.points.clone()
    points[1, 30:] = torch.nan
    capture = replace(capture, points=points)
    write_page(folder / "motion.html", capture, calibration, "Two people")
    script = """
      const seen = {};
      await drawn();
      seen.first = viewer.state();
      const before = painted();
      seen.opaque = before.filter((v, n) => n % 4 === 3 && v > 0).length;
      viewer.setFrame(12);
      await drawn();
      seen.twelfth = viewer.state();
      const after = painted();
      seen.changed = after.filter((v, n) => Math.abs(v - before[n]) > 40).length;
      seen.positions = motion.people.map((person) => motion.joints.map(
        (_, joint) => motion.position(person, 12, joint)));
      seen.between = motion.position(motion.people[0], 12.5, 3);
      seen.colours = [15, 16].map((joint) => colourOf(drawing.spots.find(
        (spot) => spot.person === motion.people[0] && spot.joint === joint)));
      seen.expected = [15, 16].map((joint) => motion.people[0].jointColours[joint]);

      const wrist = drawing.spots.find((spot) => spot.joint === 9);
      point("pointerdown", wrist.x + 2, wrist.y);
      point("pointerup", wrist.x + 2, wrist.y);
      await drawn();
      seen.clicked = viewer.state().card;
      point("pointerdown", 30, 200);
      point("pointerup", 30, 200);
      await drawn();
      seen.clickedBeside = viewer.state().card;

      point("pointerdown", 300, 300);
      point("pointermove", 400, 330);
      point("pointerup", 400, 330);
      seen.orbited = viewer.state().view;
      const scene = document.getElementById("scene");
      scene.dispatchEvent(new WheelEvent("wheel", { deltaY: 100, cancelable: true }));
      seen.zoomed = viewer.state().view;
      point("pointerdown", 300, 300, { pointerType: "touch" });
      point("pointerdown", 400, 300, { pointerType: "touch", pointerId: 2 });
      point("pointermove", 500, 300, { pointerType: "touch", pointerId: 2 });
      point("pointerup", 300, 300, { pointerType: "touch" });
      point("pointerup", 500, 300, { pointerType: "touch", pointerId: 2 });
      seen.pinched = viewer.state().view;
      document.getElementById("reset").click();
      seen.reset = viewer.state().view;

      const strip = document.getElementById("timeline").getBoundingClientRect();
      const clientX = strip.left + 0.9 * strip.width;
      document.getElementById("timeline").dispatchEvent(
        new PointerEvent("pointerdown", { clientX, clientY: strip.top }));
      await drawn();
      seen.scrubbed = viewer.state();
      document.querySelector("#people button").click();
      document.getElementById("cameras").click();
      await drawn();
      seen.hidden = viewer.state();
      document.querySelector("#people button").click();

      viewer.setFrame(0);
      viewer.play();
      await new Promise((done) => setTimeout(done, 600));
      seen.playing = viewer.state();
      dispatchEvent(new KeyboardEvent("keydown", { key: " " }));
      seen.paused = viewer.state();
      orbit.lookFrom(motion.cameras[0]);
      orbit.update();
      seen.frame = motion.cameras[0].corners.map((corner) => orbit.project(corner));
      seen.eye = orbit.target.map((v, n) => v + orbit.distance * orbit.back[n]);
      return seen;
    """
    return capture, open_page(folder / "motion.html", script, folder)


@needs_chromium
def test_the_first_picture_shows_everybody_and_the_cameras(visit):
    _, seen = visit
    assert seen["first"]["frame"] == 0 and not seen["first"]["playing"]
    assert seen["first"]["joints"] == 2 * 17
    assert seen["opaque"] > 2000  # pixels that something was drawn on


@needs_chromium
def test_scrubbing_draws_another_picture(visit):
    _, seen = visit
    assert seen["twelfth"]["frame"] == 12
    assert seen["changed"] > 500


@needs_chromium
def test_positions_survive_packing(visit):
    capture, seen = visit
    read = torch.tensor(seen["positions"])
    assert torch.allclose(read, capture.points[:, 12], atol=2e-4)
    middle = (capture.points[0, 12, 3] + capture.points[0, 13, 3]) / 2
    assert torch.allclose(torch.tensor(seen["between"]), middle, atol=2e-4)


@needs_chromium
def test_sides_are_drawn_in_their_tones(visit):
    _, seen = visit
    for drawn, wanted in zip(seen["colours"], seen["expected"], strict=True):
        expected = [int(wanted[n : n + 2], 16) for n in (1, 3, 5)]
        assert drawn[:3] == pytest.approx(expected, abs=20)
    assert seen["expected"][0] != seen["expected"][1]


@needs_chromium
def test_a_click_on_a_joint_tells_where_it_is(visit):
    capture, seen = visit
    x, y, z = capture.points[0, 12, 9].tolist()
    card = re.sub(r"\s+", " ", seen["clicked"])
    assert "eft wrist · person 1" in card
    for name, value in {"x": x, "y": y, "z": z}.items():
        shown = re.search(rf"\b{name} (-?\d+\.\d+) m", card)
        assert shown and float(shown[1]) == pytest.approx(value, abs=1.1e-3)
    assert "confidence 90 %" in card and "px" in card
    assert seen["clickedBeside"] is None


@needs_chromium
def test_dragging_orbits_the_wheel_and_two_fingers_zoom_and_reset_returns(visit):
    _, seen = visit
    start = seen["first"]["view"]
    assert seen["orbited"]["azimuth"] == pytest.approx(start["azimuth"] - 0.6)
    assert seen["orbited"]["elevation"] == pytest.approx(start["elevation"] + 0.18)
    assert seen["zoomed"]["distance"] > 1.1 * start["distance"]
    assert seen["pinched"]["distance"] == pytest.approx(seen["zoomed"]["distance"] / 2)
    assert seen["reset"] == start


@needs_chromium
def test_the_timeline_seeks_and_an_absent_person_is_not_drawn(visit):
    _, seen = visit
    assert seen["scrubbed"]["frame"] == 36
    assert seen["scrubbed"]["joints"] == 17


@needs_chromium
def test_people_and_cameras_can_be_hidden(visit):
    _, seen = visit
    assert seen["hidden"]["joints"] == 0 and seen["hidden"]["cameras"] == 0


@needs_chromium
def test_it_plays_at_the_speed_of_the_recording_and_pauses(visit):
    _, seen = visit
    assert seen["playing"]["playing"] and 10 <= seen["playing"]["frame"] <= 22
    assert not seen["paused"]["playing"]


@needs_chromium
def test_a_camera_can_be_looked_through(visit, rig):
    _, seen = visit
    assert torch.allclose(torch.tensor(seen["eye"]), rig.centre[0], atol=1e-3)
    corners = [(spot["x"], spot["y"]) for spot in seen["frame"]]
    assert all(0 < x < 1000 and 0 < y < 700 for x, y in corners)
    assert max(y for _, y in corners) - min(y for _, y in corners) > 400


@needs_chromium
def test_a_page_with_nobody_opens(tmp_path, walk):
    write_page(tmp_path / "empty.html", walk(people=0, frames=3))
    script = (
        "await drawn(); return {state: viewer.state(), text: document.body.innerText}"
    )
    seen = open_page(tmp_path / "empty.html", script, tmp_path)
    assert "nobody seen" in seen["text"]
    assert seen["state"]["joints"] == 0


@needs_chromium
def test_names_cannot_break_out_of_the_page(tmp_path, walk, rig):
    harmful = "</script><script>failures.push('ran')</script>"
    names = (harmful, "b", "c", "d")
    calibration = Calibration(names, rig.to(torch.float64), (None,) * 4)
    write_page(tmp_path / "p.html", walk(frames=2), calibration, title=harmful)
    script = "return {name: motion.cameras[0].name, title: document.title}"
    seen = open_page(tmp_path / "p.html", script, tmp_path)
    assert seen["name"] == harmful and seen["title"] == harmful


def test_a_thousand_frames_stay_far_below_five_megabytes(tmp_path):
    points = torch.rand(3, 1000, 33, 3)
    known = torch.ones(points.shape[:-1], dtype=torch.bool)
    capture = Capture(BLAZEPOSE33, 60.0, points, known.float(), ~known)
    write_page(tmp_path / "long.html", capture)
    assert (tmp_path / "long.html").stat().st_size < 1_500_000


def test_the_page_needs_no_network(tmp_path, walk, calibration):
    write_page(tmp_path / "p.html", walk(frames=3), calibration)
    page = (tmp_path / "p.html").read_text()
    for outside in ("http:", "https:", "//cdn", "src=", "href=", "@import", "fetch("):
        assert outside not in page, outside
    assert "{{" not in page


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, walk, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_page(tmp_path / "p.html", walk(frames=2))
    assert list(tmp_path.iterdir()) == []
