"""The page is opened in headless Chromium, driven through ``window.viewer``."""

import base64
import html
import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.meshes import Mesh
from human_capture.multineus.outputs.mesh_drawing import MeshDrawing
from human_capture.multineus.outputs.page import page_data, write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM = CHROMIUM or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium (apt install chromium) to open the page"
)
FLAGS = (
    "--headless=new --no-sandbox --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--window-size=500,500 --virtual-time-budget=8000 --dump-dom"
).split()
SOFTWARE = "--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader".split()

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
const wait = (time) => new Promise((done) => setTimeout(done, time));
const drawn = () => { // what is on the canvas, first row lowest, as base64
  painter.draw(orbit, style, wires);
  const { gl } = painter;
  const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
  const pixels = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  let letters = "";
  for (const value of pixels) letters += String.fromCharCode(value);
  return { width, height, pixels: btoa(letters) };
};
const point = (type, x, y, more) => canvas.dispatchEvent(new PointerEvent(type, {
  clientX: x, clientY: y, bubbles: true, pointerId: 1, button: 0, buttons: 1,
  ...more }));
const tap = (x, y) => { point("pointerdown", x, y); point("pointerup", x, y); };
const key = (name) => dispatchEvent(new KeyboardEvent("keydown", { key: name }));
const shown = (id) => getComputedStyle(document.getElementById(id)).display !== "none";
Element.prototype.setPointerCapture = () => {}; // made-up pointers cannot be captured
const run = async () => { %s };
run().catch((error) => ({ error: error.message })).then((result) => {
  document.getElementById("result").textContent =
    JSON.stringify({ result, failures });
});
</script>
"""


def open_page(path, script, folder, flags=SOFTWARE):
    """What the script returns when it runs inside the page."""
    before, body, after = path.read_text().partition("<body>")
    page, end, rest = (before + body + PRELUDE + after).rpartition("</body>")
    driven = folder / "driven.html"
    driven.write_text(page + DRIVER % script + end + rest)
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [CHROMIUM, *FLAGS, *flags, profile, driven.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    found = re.search(r'<pre id="result">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    answer = json.loads(html.unescape(found[1]))
    assert answer["failures"] == []
    assert "error" not in (answer["result"] or {}), answer
    return answer["result"]


def unpacked(text, kind, columns=3):
    return np.frombuffer(base64.b64decode(text), kind).reshape(-1, columns)


def picture(answer):
    """RGBA, the highest row first."""
    pixels = unpacked(answer["pixels"], np.uint8, 4)
    return pixels.reshape(answer["height"], answer["width"], 4)[::-1].astype(int)


def test_packed_numbers_are_the_mesh(bust):
    data = json.loads(json.dumps(page_data(bust)))
    assert data["vertices"] == len(bust.vertices)
    assert data["triangles"] == len(bust.faces)
    steps = unpacked(data["positions"], "<u2")
    vertices = np.array(data["origin"]) + data["step"] * steps
    np.testing.assert_allclose(vertices, bust.vertices, atol=0.501 * data["step"])
    extent = np.ptp(bust.vertices, axis=0).max()
    assert data["step"] == pytest.approx(extent / 65535)
    np.testing.assert_array_equal(unpacked(data["indices"], "<u4"), bust.faces)
    colours = unpacked(data["colours"], "u1") / 255
    np.testing.assert_allclose(colours, bust.colours, atol=0.501 / 255)


def test_a_usual_head_takes_less_than_5_mb(tmp_path):
    random = np.random.default_rng(0)
    mesh = Mesh(
        random.random((100_000, 3)),
        random.integers(0, 100_000, (200_000, 3)),
        random.random((100_000, 3)),
    )
    write_page(mesh, tmp_path / "head.html")
    assert (tmp_path / "head.html").stat().st_size < 5_000_000


@pytest.mark.parametrize("title", ["</title></script><b>", "{{mesh}}", 'a & "b"'])
def test_no_title_breaks_the_page(bust, tmp_path, title):
    write_page(bust, tmp_path / "plain.html", "plain")
    write_page(bust, tmp_path / "odd.html", title)
    plain = (tmp_path / "plain.html").read_text()
    odd = (tmp_path / "odd.html").read_text()
    assert odd == plain.replace(">plain<", f">{html.escape(title)}<")
    assert odd.count("</script>") == 2


def test_the_page_stands_alone(bust, tmp_path):
    write_page(bust, tmp_path / "head.html")
    page = (tmp_path / "head.html").read_text()
    assert not re.search(r"https?:|src=|href=|@import|\{\{", page)


def test_a_name_that_is_no_page_is_refused_in_a_sentence(bust, tmp_path):
    with pytest.raises(InputError, match=r"pages end in one of \.html"):
        write_page(bust, tmp_path / "head.pdf")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def visit(bust, tmp_path_factory):
    """Everything one visit to a page shows."""
    folder = tmp_path_factory.mktemp("page")
    write_page(bust, folder / "head.html", "Somebody's </script> head")
    script = """
      const seen = { heading: document.querySelector("h1").textContent,
        summary: document.getElementById("summary").textContent };
      await wait(600);
      seen.first = viewer.state();
      await wait(600);
      seen.later = viewer.state();
      point("pointerdown", 200, 200);
      point("pointermove", 260, 170);
      point("pointerup", 260, 170);
      seen.dragged = viewer.state();
      await wait(300);
      seen.held = viewer.state();
      canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: 100, cancelable: true }));
      seen.zoomed = viewer.state().view;
      const touch = { pointerType: "touch" };
      const second = { pointerType: "touch", pointerId: 2 };
      point("pointerdown", 200, 250, touch);
      point("pointerdown", 240, 250, second);
      point("pointermove", 280, 250, second);
      point("pointerup", 200, 250, touch);
      point("pointerup", 280, 250, second);
      seen.pinched = viewer.state().view;
      tap(200, 250);
      seen.tappedOnce = viewer.state().view;
      await wait(100);
      tap(203, 252);
      seen.tappedTwice = viewer.state().view;

      key("2");
      seen.clay = viewer.state().style;
      key("ArrowRight");
      seen.turned = viewer.state().view;
      document.getElementById("wires").click();
      document.getElementById("background").click();
      seen.toggled = viewer.state();
      seen.wired = drawn();
      key("w");
      key("b");
      seen.back = viewer.state();
      seen.bare = drawn();

      viewer.setView({ azimuth: 0.5, elevation: 0.3 });
      seen.pictures = {};
      for (const name of ["colours", "clay", "normals"]) {
        viewer.setStyle(name);
        seen.pictures[name] = drawn();
      }
      const { right, down, forward, target, distance, focal, middle } = orbit;
      seen.eye = { axes: [right, down, forward], target, distance, focal, middle,
        size: [canvas.clientWidth, canvas.clientHeight] };
      return seen;
    """
    return open_page(folder / "head.html", script, folder)


@needs_chromium
def test_heading_and_size_are_told(visit, bust):
    assert visit["heading"] == "Somebody's </script> head"
    vertices, triangles = len(bust.vertices), len(bust.faces)
    assert visit["summary"] == f"{vertices:,} vertices · {triangles:,} triangles"


@needs_chromium
def test_head_swings_until_somebody_takes_over(visit):
    assert visit["first"]["swinging"] and visit["first"]["style"] == "colours"
    assert visit["first"]["view"]["azimuth"] != visit["later"]["view"]["azimuth"]
    assert not visit["dragged"]["swinging"]
    assert visit["held"]["view"] == visit["dragged"]["view"]


@needs_chromium
def test_gestures_turn_and_zoom_and_two_taps_reset(visit):
    before, dragged = visit["later"]["view"], visit["dragged"]["view"]
    assert dragged["azimuth"] < before["azimuth"]
    assert dragged["elevation"] < before["elevation"]
    assert visit["zoomed"]["distance"] > dragged["distance"]
    assert visit["pinched"]["distance"] < 0.6 * visit["zoomed"]["distance"]
    assert visit["tappedOnce"] == visit["pinched"]
    reset = visit["tappedTwice"]
    assert (reset["azimuth"], reset["elevation"]) == (0, 0)
    assert reset["distance"] == pytest.approx(before["distance"])
    assert reset["target"] == before["target"]


@needs_chromium
def test_keys_and_buttons_switch(visit):
    assert visit["clay"] == "clay"
    assert visit["turned"]["azimuth"] < 0
    toggled, back = visit["toggled"], visit["back"]
    assert toggled["wires"] and not back["wires"]
    assert {toggled["theme"], back["theme"]} == {"light", "dark"}


@needs_chromium
@pytest.mark.parametrize("style", ["colours", "clay"])
def test_browser_draws_what_python_draws(visit, bust, style):
    eye, seen = visit["eye"], picture(visit["pictures"][style])
    width, height = eye["size"]
    assert seen.shape[:2] == (height, width)
    rotation = torch.tensor(eye["axes"]).double()
    shift = torch.tensor([0, 0, eye["distance"]]).double()
    transform = torch.eye(4).double()
    transform[:3, :3] = rotation
    transform[:3, 3] = shift - rotation @ torch.tensor(eye["target"]).double()
    focal = eye["focal"]
    intrinsics = torch.tensor(
        [[focal, 0, width / 2], [0, focal, eye["middle"]], [0, 0, 1]]
    ).double()
    drawing = MeshDrawing(bust, width, height, (0, 0, 0))
    expected = drawing.draw(Cameras(intrinsics, transform), style)[0].astype(int)
    covered = seen[..., 3] == 255
    assert covered.mean() > 0.1
    assert covered.sum() == pytest.approx((expected.max(-1) > 0).sum(), rel=0.02)
    apart = np.abs(seen[..., :3] - expected)[covered]
    assert np.median(apart) <= 1 and apart.mean() < 1.5


@needs_chromium
def test_normals_are_drawn_as_unit_vectors(visit):
    seen = picture(visit["pictures"]["normals"])
    directions = seen[seen[..., 3] == 255][:, :3] / 127.5 - 1
    away = np.abs(np.linalg.norm(directions, axis=1) - 1)
    assert (away < 0.03).mean() > 0.99  # pixels on the nose's outline are mixtures
    assert (directions[:, 2] > -0.05).all()


@needs_chromium
def test_wires_darken_the_surface_and_nothing_else(visit):
    wired, bare = picture(visit["wired"]), picture(visit["bare"])
    inside = bare[..., 3] == 255
    darker = (wired - bare)[..., :3].max(-1) < -8
    # two thirds where half of the lines sink into the surface
    assert 0.75 < darker[inside].mean() < 0.95
    nothing = bare[..., 3] == 0
    assert (wired[nothing] == 0).mean() > 0.995  # lines may stand out by half a pixel


@needs_chromium
def test_a_mesh_without_colours_is_shown_as_clay(bust, tmp_path):
    write_page(replace(bust, colours=None), tmp_path / "head.html")
    script = """
      key("1");
      return { style: viewer.state().style, button: shown("colours"), seen: drawn() };
    """
    answer = open_page(tmp_path / "head.html", script, tmp_path)
    assert (answer["style"], answer["button"]) == ("clay", False)
    assert (picture(answer["seen"])[..., 3] == 255).mean() > 0.1


@needs_chromium
def test_without_webgl_a_sentence_is_shown(bust, tmp_path):
    write_page(bust, tmp_path / "head.html")
    script = 'return [shown("sorry"), shown("controls"), shown("hint")];'
    flags = ["--disable-gpu", "--disable-3d-apis"]
    answer = open_page(tmp_path / "head.html", script, tmp_path, flags)
    assert answer == [True, False, False]
