import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.meshes import Mesh
from human_capture.common.rigid import so3_exp
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.multineus.outputs.mesh_drawing import MeshDrawing, draw_mesh
from human_capture.multineus.outputs.shading import CLAY

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def camera(size=200, centre=(0.0, -1.0, 0.0), target=(0.0, 0.0, 0.0), focal=2.0):
    transform = look_at(
        torch.tensor(centre, dtype=torch.float64),
        torch.tensor(target, dtype=torch.float64),
    )
    return from_field_of_view(transform, size, size, focal)


def coloured(mesh, colour):
    return replace(mesh, colours=np.full_like(mesh.vertices, colour))


def joined(*meshes):
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([m.faces + s for m, s in zip(meshes, starts, strict=False)]),
        np.concatenate([mesh.colours for mesh in meshes]),
    )


def test_area_of_a_sphere_is_that_of_its_circle(sphere):
    dark = coloured(sphere(0.1), 0.0)
    image = draw_mesh(dark, camera(), 200, 200)
    covered = (1 - image[..., 0] / 255).sum()
    # the outline is where lines of sight are tangents
    radius = 2.0 * 200 * 0.1 / math.sqrt(1 - 0.1**2)
    assert covered == pytest.approx(math.pi * radius**2, rel=0.004)


def test_edges_are_smooth_and_the_middle_is_pure(sphere):
    dark = coloured(sphere(0.1), 0.0)
    image = draw_mesh(dark, camera(), 200, 200, supersampling=4)
    values = np.unique(image[..., 0])
    assert len(values) > 10 and values[0] == 0 and values[-1] == 255
    hard = draw_mesh(dark, camera(), 200, 200, supersampling=1)
    assert set(np.unique(hard)) == {0, 255}


def test_colours_are_where_they_are_and_as_they_are(bust):
    view = camera(centre=(0.0, -1.0, 1.6), target=(0.0, 0.0, 1.6))
    image = draw_mesh(bust, view, 200, 200)
    # the person's left is on the right of the picture
    np.testing.assert_allclose(image[100, 115], [230, 51, 51], atol=1)
    np.testing.assert_allclose(image[100, 85], [51, 204, 51], atol=1)
    np.testing.assert_array_equal(image[3, 3], WHITE)


def test_up_in_the_world_is_up_in_the_picture(sphere):
    image = draw_mesh(sphere(0.1), camera(), 200, 200).astype(int)
    assert image[80, 100, 0] > 200 > 100 > image[80, 100, 2]
    assert image[120, 100, 2] > 200 > 100 > image[120, 100, 0]


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_nearer_hides_what_is_farther(sphere, swapped):
    near = coloured(sphere(0.03, (0.0, -0.2, 0.0)), (1.0, 0.0, 0.0))
    far = coloured(sphere(0.1), (0.0, 0.0, 1.0))
    both = joined(far, near) if swapped else joined(near, far)
    image = draw_mesh(both, camera(), 200, 200)
    np.testing.assert_array_equal(image[100, 100], [255, 0, 0])
    np.testing.assert_array_equal(image[100, 135], [0, 0, 255])


@pytest.mark.parametrize("style", ["colours", "clay"])
def test_picture_stays_when_mesh_and_camera_move_together(bust, style):
    view = camera(centre=(0.3, -0.9, 1.8), target=(0.0, 0.0, 1.6))
    motion = torch.eye(4, dtype=torch.float64)
    motion[:3, :3] = so3_exp(torch.tensor([0.4, -1.1, 2.0]).double())
    motion[:3, 3] = torch.tensor([0.5, -2.0, 1.0])
    moved = Cameras(view.intrinsics, view.world_to_camera @ torch.linalg.inv(motion))
    before = draw_mesh(bust, view, 160, 160, style).astype(int)
    after = draw_mesh(bust.transform(motion.numpy()), moved, 160, 160, style)
    assert before.std() > 30
    different = (np.abs(before - after) > 1).any(-1)
    assert different.mean() < 1e-3  # samples that lie exactly on an edge


def test_clay_of_a_sphere_is_that_of_its_normals(sphere):
    """Against the formula, pixel by pixel, where lines of sight meet the sphere."""
    size, distance, radius = 200, 1.0, 0.1
    image = draw_mesh(sphere(radius), camera(size), size, size, "clay", supersampling=1)
    middles = (np.arange(size) + 0.5 - size / 2) / (2.0 * size)
    x, y = np.meshgrid(middles, middles)
    rays = np.stack((x, y, np.ones_like(x)), -1)
    square = (rays**2).sum(-1)
    inner = distance**2 - square * (distance**2 - radius**2)
    depth = (distance - np.sqrt(inner.clip(0))) / square
    normal = (depth[..., None] * rays - [0, 0, distance]) / radius
    facing = -(normal * rays).sum(-1) / np.sqrt(square)
    inside = (inner > 0) & (facing > 0.2)
    key, fill = np.array(CLAY.key), np.array(CLAY.fill)
    light = CLAY.sky * (1 - normal[..., 1]) / 2 + CLAY.ground * (1 + normal[..., 1]) / 2
    wrapped = (normal @ key + CLAY.wrap) / (1 + CLAY.wrap)
    light = light + CLAY.key_light * wrapped.clip(0)
    light = light + CLAY.fill_light * (normal @ fill).clip(0)
    half = key + np.array([0, 0, -1])
    shine = (normal @ (half / np.linalg.norm(half))).clip(0) ** 16
    linear = light[..., None] * np.array(CLAY.albedo) + CLAY.gloss * shine[..., None]
    expected = 255 * np.sqrt(linear.clip(0, 1))
    assert inside.sum() > 4000
    np.testing.assert_allclose(image[inside], expected[inside], atol=2.5)


def test_lamps_of_clay_have_unit_directions():
    for direction in (CLAY.key, CLAY.fill):
        assert np.linalg.norm(direction) == pytest.approx(1, abs=2e-3)


def test_clay_takes_no_notice_of_colours(sphere):
    ball = sphere(0.1)
    one = draw_mesh(ball, camera(), 100, 100, "clay")
    other = draw_mesh(replace(ball, colours=None), camera(), 100, 100, "clay")
    np.testing.assert_array_equal(one, other)


def test_insides_are_as_if_turned_to_the_camera_but_darker(sphere):
    ball = sphere(0.1)
    turned = replace(ball, faces=ball.faces[:, ::-1].copy())
    outside = draw_mesh(ball, camera(), 200, 200, "clay", BLACK, 1).astype(float)
    inside = draw_mesh(turned, camera(), 200, 200, "clay", BLACK, 1)
    y, x = np.mgrid[:200, :200] + 0.5
    middle = np.hypot(x - 100, y - 100) < 0.9 * 40  # where nothing grazes
    expected = np.sqrt(CLAY.inside) * outside[middle]
    np.testing.assert_allclose(inside[middle], expected, atol=1)


def test_styles_together_are_as_each_alone(bust):
    view = camera(centre=(0.0, -1.0, 1.6), target=(0.0, 0.0, 1.6))
    drawing = MeshDrawing(bust, 90, 120, (10, 20, 30))
    assert drawing.styles == ("colours", "clay")
    both = drawing.draw(view, *drawing.styles)
    assert both.shape == (2, 120, 90, 3)
    for picture, style in zip(both, drawing.styles, strict=True):
        alone = draw_mesh(bust, view, 90, 120, style, (10, 20, 30))
        np.testing.assert_array_equal(picture, alone)
        np.testing.assert_array_equal(picture[0, 0], (10, 20, 30))


def test_a_mesh_without_colours_is_not_drawn_in_its_colours(sphere):
    bare = replace(sphere(0.1), colours=None)
    assert MeshDrawing(bare, 50, 50).styles == ("clay",)
    with pytest.raises(InputError, match="has no colours"):
        draw_mesh(bare, camera(), 50, 50)
