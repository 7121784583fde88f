import numpy as np
import pytest

from human_capture.common.people.drawing.rasteriser import (
    homogeneous_pixels,
    rasterise,
    rasterise_numpy,
)

HEIGHT, WIDTH = 40, 56


def camera():
    intrinsics = np.array([[61.0, 0.7, 20.3], [0, 47.0, 25.1], [0, 0, 1]])
    angle = 0.4
    rotation = np.array(
        [
            [np.cos(angle), -np.sin(angle), 0],
            [np.sin(angle), np.cos(angle), 0],
            [0, 0, 1],
        ]
    )
    world_to_camera = np.eye(4)
    world_to_camera[:3, :3] = rotation
    world_to_camera[:3, 3] = 0.1, -0.05, 2.0
    return intrinsics, world_to_camera


def soup(seed, triangles=60, spread=0.8):
    generator = np.random.default_rng(seed)
    vertices = generator.normal(0, spread, (triangles * 3, 3)).astype(np.float32)
    faces = np.arange(triangles * 3, dtype=np.int32).reshape(-1, 3)
    cut = generator.normal(0.5, 1, triangles * 3).astype(np.float32)
    return vertices, faces, cut


def nearest_by_rays(vertices, faces, cut, intrinsics, world_to_camera):
    """Moeller-Trumbore intersection of every ray with every triangle."""
    corners = vertices @ world_to_camera[:3, :3].T + world_to_camera[:3, 3]
    a, b, c = (corners[faces[:, k]] for k in range(3))
    face = np.full((HEIGHT, WIDTH), -1)
    depth = np.full((HEIGHT, WIDTH), np.inf)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            ray = np.linalg.solve(intrinsics, [x + 0.5, y + 0.5, 1])
            p = np.cross(ray, c - a)
            det = ((b - a) * p).sum(1)
            u = (-a * p).sum(1) / det
            q = np.cross(-a, b - a)
            v = (q * ray).sum(1) / det
            t = (q * (c - a)).sum(1) / det
            value = (1 - u - v) * cut[faces[:, 0]]
            value = value + u * cut[faces[:, 1]] + v * cut[faces[:, 2]]
            hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0.02) & (value >= 0)
            if hit.any():
                face[y, x] = np.where(hit, t, np.inf).argmin()
                depth[y, x] = t[face[y, x]]
    return face, depth


@pytest.mark.parametrize("seed", range(3))
def test_every_pixel_sees_what_its_ray_meets(seed):
    # the spread puts vertices behind the camera and off the image too
    vertices, faces, cut = soup(seed, spread=(0.5, 1.0, 1.5)[seed])
    intrinsics, world_to_camera = camera()
    seen = rasterise(
        homogeneous_pixels(vertices, intrinsics, world_to_camera),
        faces,
        cut,
        HEIGHT,
        WIDTH,
    )
    face, depth = nearest_by_rays(vertices, faces, cut, intrinsics, world_to_camera)
    assert (face >= 0).mean() > 0.2
    np.testing.assert_array_equal(seen.face, face)
    np.testing.assert_allclose(seen.depth, depth, rtol=1e-5)


@pytest.mark.parametrize("spread", [0.2, 0.6, 1.5])
def test_compiled_and_numpy_give_the_same_bits(spread):
    vertices, faces, cut = soup(7, 300, spread)
    pixels = homogeneous_pixels(vertices, *camera())
    compiled = rasterise(pixels, faces, cut, HEIGHT, WIDTH)
    plain = rasterise_numpy(pixels, faces, cut, HEIGHT, WIDTH)
    np.testing.assert_array_equal(compiled.face, plain.face)
    np.testing.assert_array_equal(compiled.depth, plain.depth)
    np.testing.assert_array_equal(compiled.weights, plain.weights)


def test_weights_reproduce_the_point_on_the_triangle():
    vertices, faces, cut = soup(3)
    intrinsics, world_to_camera = camera()
    pixels = homogeneous_pixels(vertices, intrinsics, world_to_camera)
    seen = rasterise(pixels, faces, np.ones_like(cut), HEIGHT, WIDTH)
    y, x = np.nonzero(seen.face >= 0)
    weights = seen.weights[y, x]
    weights = np.concatenate([weights, 1 - weights.sum(1, keepdims=True)], 1)
    points = (vertices[faces[seen.face[y, x]]] * weights[..., None]).sum(1)
    back = homogeneous_pixels(points, intrinsics, world_to_camera)
    np.testing.assert_allclose(back[:, 2], seen.depth[y, x], atol=1e-4)
    np.testing.assert_allclose(back[:, 0] / back[:, 2], x + 0.5, atol=0.02)
    np.testing.assert_allclose(back[:, 1] / back[:, 2], y + 0.5, atol=0.02)


def test_nothing_in_front_leaves_the_view_empty():
    vertices, faces, cut = soup(1)
    intrinsics, world_to_camera = camera()
    world_to_camera[2, 3] = -50
    pixels = homogeneous_pixels(vertices, intrinsics, world_to_camera)
    for draw in (rasterise, rasterise_numpy):
        seen = draw(pixels, faces, cut, HEIGHT, WIDTH)
        assert (seen.face == -1).all()
        assert np.isinf(seen.depth).all()
