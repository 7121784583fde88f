import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.calibration.neus import read_neus
from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.multineus.data import RaysOfHeads
from human_capture.multineus.datasets.neus_scenes import (
    NeusScenes,
    read_scene,
    write_scene,
)
from human_capture.multineus.datasets.synthetic import HeadRecipe, SyntheticHeads
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.ray_batches import RaySampler

RECIPE = HeadRecipe(views=3, size=48, supersampling=1)
WIDTH, HEIGHT, VIEWS = 40, 30, 3


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    return SyntheticHeads(RECIPE, 40, 1, tmp_path_factory.mktemp("cache"))[0]


def rotation(seed):
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def matrices(unit=1.0):
    """Projection matrices of any scale and sign, about a turned sphere far away."""
    sphere = np.eye(4)
    sphere[:3, :3] = 0.25 * rotation(9)
    sphere[:3, 3] = [3.0, -2.0, 1.0]
    arrays = {}
    for view, factor in zip(range(VIEWS), (1.0, -2.5, 40.0), strict=True):
        turn = rotation(view)
        k = np.array([[90 + view, 0.3, 19.3], [0, 91, 14.1 + view], [0, 0, 1]])
        towards = np.array([0.02 * view, -0.03, 1.5 + 0.1 * view])
        shift = unit * (towards - turn @ sphere[:3, 3])
        world = np.eye(4)
        world[:3] = factor * k @ np.column_stack((turn, shift))
        arrays[f"world_mat_{view}"] = world
        arrays[f"scale_mat_{view}"] = np.diag([unit, unit, unit, 1]) @ sphere
    return arrays


def pictures(seed=0):
    return np.random.default_rng(seed).integers(
        0, 256, (VIEWS, HEIGHT, WIDTH, 3), np.uint8
    )


def soft_mask():
    ramp = np.linspace(0, 255, WIDTH).round().astype(np.uint8)
    return np.tile(ramp[None, :, None], (HEIGHT, 1, 3))


@pytest.fixture
def scene(tmp_path):
    folder = tmp_path / "scene"
    for view, image in enumerate(pictures()):
        write_image(folder / "image" / f"{view:03d}.png", image)
        write_image(folder / "mask" / f"{view:03d}.png", soft_mask())
    np.savez(folder / "cameras_sphere.npz", **matrices())
    return folder


def all_pixels(portraits):
    view, row, column = torch.ones_like(portraits.masks).nonzero().unbind(-1)
    return view, torch.stack((column, row), -1)


def test_a_written_head_is_read_with_the_same_rays(portraits, tmp_path):
    write_scene(portraits, tmp_path / "head")
    again = read_scene(tmp_path / "head")
    assert torch.equal(again.images, portraits.images)
    assert torch.equal(again.masks, portraits.masks)
    for ours, theirs in zip(
        again.rays(*all_pixels(again)),
        portraits.rays(*all_pixels(portraits)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    torch.testing.assert_close(again.sphere, portraits.sphere, atol=1e-6, rtol=0)
    for part in ("intrinsics", "world_to_camera"):
        torch.testing.assert_close(
            getattr(again.cameras, part),
            getattr(portraits.cameras, part),
            atol=1e-5,
            rtol=1e-6,
        )


def test_rays_are_those_of_neus(scene):
    """A pixel's whole-numbered column and row through the inverse of P = W S."""
    read = read_scene(scene)
    view, pixel = all_pixels(read)
    origins, directions = read.rays(view, pixel)
    assert origins.dtype == directions.dtype == torch.float32
    for number in range(VIEWS):
        arrays = matrices()
        p = (arrays[f"world_mat_{number}"] @ arrays[f"scale_mat_{number}"])[:3]
        p = p * np.sign(np.linalg.det(p[:, :3]))
        inverse = np.linalg.inv(p[:, :3])
        own = view == number
        homogeneous = np.column_stack((pixel[own].numpy(), np.ones(own.sum())))
        expected = homogeneous @ inverse.T
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        centre = -inverse @ p[:, 3]
        assert np.abs(directions[own].numpy() - expected).max() < 2e-6
        assert np.abs(origins[own].numpy() - centre).max() < 2e-5


def test_pixel_centres_move_by_half_to_the_last_digit(tmp_path):
    """K of the file is for centres at whole numbers; ours lie half a pixel further."""
    k = np.array([[91.0, 0, 17.25], [0, 93.0, 11.5], [0, 0, 1]])
    world = np.eye(4)
    world[:3, :3] = k
    world[:3, 3] = k @ [0, 0, 4.0]
    np.savez(tmp_path / "a.npz", world_mat_0=world, scale_mat_0=np.eye(4))
    expected = torch.from_numpy(k).clone()
    expected[:2, 2] += 0.5
    assert torch.equal(read_neus(tmp_path / "a.npz").cameras.intrinsics[0], expected)
    write_image(tmp_path / "image" / "0.png", pictures()[0])
    np.savez(tmp_path / "cameras_sphere.npz", world_mat_0=world, scale_mat_0=np.eye(4))
    with pytest.warns(UserWarning, match="no masks"):
        read = read_scene(tmp_path)
    assert torch.equal(read.cameras.intrinsics[0], expected.float())


def test_images_keep_their_order_and_masks_their_grey_levels(scene):
    read = read_scene(scene)
    np.testing.assert_array_equal(read.images.permute(0, 2, 3, 1), pictures())
    np.testing.assert_array_equal(read.masks[1], soft_mask()[..., 0])
    assert read.images.is_contiguous()


def test_h3ds_scenes_are_read_in_millimetres(scene):
    usual = read_scene(scene)
    (scene / "cameras_sphere.npz").unlink()
    np.savez(scene / "cameras.npz", **matrices(unit=1000.0))
    for view, image in enumerate(pictures()):
        (scene / "image" / f"{view:03d}.png").unlink()
        write_image(scene / "image" / f"img_{view:04d}.jpg", image)
        mask = scene / "mask" / f"{view:03d}.png"
        mask.rename(scene / "mask" / f"mask_{view:04d}.png")
    read = read_scene(scene, metres=0.001)
    assert read.images.shape == usual.images.shape
    assert float(read.metres) == pytest.approx(0.25, abs=1e-5)
    torch.testing.assert_close(read.cameras.centre, usual.cameras.centre)
    for ours, theirs in zip(
        read.rays(*all_pixels(read)), usual.rays(*all_pixels(usual)), strict=True
    ):
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)


@pytest.mark.parametrize("height, width", [(15, 20), (60, 80), (7, 9)])
def test_resized_pictures_take_their_cameras_along(scene, height, width):
    full, small = read_scene(scene), read_scene(scene, height=height)
    assert small.images.shape == (VIEWS, 3, height, width)
    assert small.masks.shape == (VIEWS, height, width)
    points = full.sphere[:3, 3] + 0.1 * torch.randn(
        5, 3, generator=torch.Generator().manual_seed(0)
    )
    before, _ = full.cameras.project(points)
    after, _ = small.cameras.project(points)
    scale = torch.tensor([width / WIDTH, height / HEIGHT])
    torch.testing.assert_close(after, before * scale, atol=1e-3, rtol=1e-5)
    if height == 15:
        blocks = full.images.float().unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))
        assert (small.images - blocks).abs().max() <= 1
        blocks = full.masks.float().unfold(1, 2, 2).unfold(2, 2, 2).mean((-1, -2))
        assert (small.masks - blocks).abs().max() <= 1


def test_only_the_wanted_views_are_read(scene):
    full = read_scene(scene)
    (scene / "image" / "001.png").write_bytes(b"no image")
    some = read_scene(scene, views=[2, 0])
    assert torch.equal(some.images, full.images[[2, 0]])
    assert torch.equal(some.cameras.intrinsics, full.cameras.intrinsics[[2, 0]])
    torch.testing.assert_close(
        some.cameras.world_to_camera, full.cameras.world_to_camera[[2, 0]]
    )


def test_without_masks_all_is_the_person_with_a_warning(scene):
    for mask in (scene / "mask").iterdir():
        mask.unlink()
    (scene / "mask").rmdir()
    with pytest.warns(UserWarning, match="no masks"):
        read = read_scene(scene)
    assert (read.masks == 255).all()


def test_nothing_is_said_about_a_whole_scene(scene):
    (scene / "image" / ".hidden.png").write_bytes(b"")
    (scene / "image" / "notes.txt").write_text("none")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_scene(scene)


def remove_images(scene):
    for path in (scene / "image").iterdir():
        path.unlink()


def remove_folder(scene):
    scene.rename(scene.with_name("elsewhere"))


def remove_mask(scene):
    (scene / "mask" / "002.png").unlink()


def number_masks_otherwise(scene):
    (scene / "mask" / "002.png").rename(scene / "mask" / "003.png")


def remove_cameras(scene):
    (scene / "cameras_sphere.npz").unlink()


def change_cameras(scene, changed, dropped=()):
    arrays = {k: v for k, v in matrices().items() if not k.endswith(dropped)}
    np.savez(scene / "cameras_sphere.npz", **arrays | changed)


def remove_camera(scene):
    change_cameras(scene, {}, ("_2",))


def remove_spheres(scene):
    kept = {k: v for k, v in matrices().items() if k.startswith("world")}
    np.savez(scene / "cameras_sphere.npz", **kept)


def squeeze_sphere(scene):
    change_cameras(scene, {"scale_mat_0": np.diag([1.0, 1.0, 2.0, 1.0])})


def mirror_sphere(scene):
    change_cameras(scene, {"scale_mat_0": np.diag([-1.0, 1.0, 1.0, 1.0])})


def move_one_sphere(scene):
    sphere = matrices()["scale_mat_1"].copy()
    sphere[0, 3] += 0.01
    change_cameras(scene, {"scale_mat_1": sphere})


def cut_cameras_off(scene):
    content = (scene / "cameras_sphere.npz").read_bytes()
    (scene / "cameras_sphere.npz").write_bytes(content[: len(content) // 2])


def break_image(scene):
    (scene / "image" / "001.png").write_bytes(b"no image")


def break_mask(scene):
    (scene / "mask" / "001.png").write_bytes(b"no image")


def enlarge_mask(scene):
    write_image(scene / "mask" / "001.png", np.full((HEIGHT, 50, 3), 255, np.uint8))


def enlarge_both(scene):
    enlarge_mask(scene)
    write_image(scene / "image" / "001.png", np.zeros((HEIGHT, 50, 3), np.uint8))


def empty_mask(scene):
    write_image(scene / "mask" / "001.png", np.ones((HEIGHT, WIDTH, 3), np.uint8))


def look_past(scene, move):
    """The picture shows another part of what the camera sees."""
    world = matrices()["world_mat_1"]
    world = np.vstack((move @ world[:3], [0, 0, 0, 1]))
    change_cameras(scene, {"world_mat_1": world})


def look_beside(scene):
    look_past(scene, np.array([[1, 0, 100.0], [0, 1, 0], [0, 0, 1]]))


def look_away(scene):
    """The sphere is exactly behind the camera, on the lines of all rays."""
    k = np.array([[90.0, 0, 20], [0, 90, 15], [0, 0, 1]])
    world = np.eye(4)
    middle = matrices()["scale_mat_0"][:3, 3]
    world[:3] = k @ np.column_stack((np.eye(3), -middle - [0, 0, 0.6]))
    change_cameras(scene, {"world_mat_1": world})


@pytest.mark.parametrize(
    "damage, message",
    [
        (remove_folder, "is not a folder"),
        (remove_images, "no images"),
        (remove_mask, "3 images .* 2 masks"),
        (number_masks_otherwise, r"003\.png is the mask of 002\.png"),
        (remove_cameras, r"no cameras_sphere\.npz"),
        (remove_camera, "2 cameras, but there are 3 images"),
        (remove_spheres, "no scale_mat_0"),
        (squeeze_sphere, "sphere to a sphere"),
        (mirror_sphere, "sphere to a sphere"),
        (move_one_sphere, "scale_mat_i .* differ"),
        (cut_cameras_off, "cut off"),
        (break_image, r"001\.png' is not an image"),
        (break_mask, r"001\.png' is not an image"),
        (enlarge_mask, r"mask .*001\.png' is 50x30 pixels, but its image is 40x30"),
        (enlarge_both, r"001\.png' is 50x30 pixels, but the other images are 40x30"),
        (empty_mask, r"mask of view 1 \(001\.png\) .* covers nothing"),
        (look_beside, r"camera of view 1 \(001\.png\) .* does not see the unit sphere"),
        (look_away, r"camera of view 1 \(001\.png\) .* does not see the unit sphere"),
    ],
)
@pytest.mark.parametrize("height", [None, 15])
def test_broken_scenes_are_one_sentence(scene, damage, message, height):
    damage(scene)
    with pytest.raises(InputError, match=message) as raised:
        read_scene(scene, height=height)
    text = str(raised.value)
    assert "\n" not in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"views": [3]}, "no view 3 .* 0 to 2"),
        ({"views": [-1]}, "no view -1"),
        ({"views": []}, "No views"),
        ({"height": 0}, "0 pixels high"),
    ],
)
def test_wrong_wishes_are_one_sentence(scene, options, message):
    with pytest.raises(InputError, match=message):
        read_scene(scene, **options)


@pytest.mark.parametrize("shift", [-15, 15])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_camera_that_sees_the_rim_of_the_sphere_will_do(scene, shift, axis):
    """The middle of the sphere is outside of the picture, its rim is not."""
    half = (WIDTH, HEIGHT)[axis] / 2
    move = np.eye(3)
    move[axis, 2] = np.sign(shift) * (half + 10)  # its radius is about 14 pixels
    look_past(scene, move)
    assert len(read_scene(scene)) == VIEWS


def test_a_camera_within_the_sphere_sees_it(scene):
    world = matrices()["world_mat_1"]
    inside = matrices()["scale_mat_0"][:3, 3] + [0.05, 0.1, 0.15]
    world[:3, 3] = -world[:3, :3] @ inside
    change_cameras(scene, {"world_mat_1": world})
    assert len(read_scene(scene)) == VIEWS


def test_nothing_is_overwritten_or_half_written(portraits, tmp_path):
    write_scene(portraits, tmp_path / "head")
    with pytest.raises(InputError, match="is not empty"):
        write_scene(portraits, tmp_path / "head")
    (tmp_path / "empty").mkdir()
    write_scene(portraits, tmp_path / "empty")
    lens = replace(portraits.cameras, distortion=torch.full((3, 5), 0.1))
    with pytest.raises(InputError, match="lens"):
        write_scene(replace(portraits, cameras=lens), tmp_path / "lens")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write"):
        write_scene(portraits, tmp_path / "file" / "head")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"head", "empty", "file"}


def test_scenes_of_a_folder_are_read_in_order_when_asked_for(portraits, tmp_path):
    for name in ("b", "c", "a"):
        write_scene(portraits, tmp_path / name)
    (tmp_path / "b" / "image" / "000.png").write_bytes(b"no image")
    (tmp_path / "other").mkdir()
    (tmp_path / ".hidden" / "image").mkdir(parents=True)
    scenes = NeusScenes(tmp_path, views=[0, 2], height=24)
    assert len(scenes) == 3
    assert [scene.name for scene in scenes.scenes] == ["a", "b", "c"]
    assert isinstance(scenes[0], Portraits)
    assert scenes[-1].images.shape == (2, 3, 24, 24)
    assert len(scenes[::2]) == 2
    with pytest.raises(InputError, match="is not an image"):
        scenes[1]
    with pytest.raises(IndexError):
        scenes[3]


@pytest.mark.parametrize("kept", [0, 1])
def test_only_so_many_scenes_stay_in_memory(portraits, tmp_path, kept):
    for name in ("a", "b"):
        write_scene(portraits, tmp_path / name)
    scenes = NeusScenes(tmp_path, kept=kept)
    assert (scenes[0] is scenes[0]) == (kept == 1)
    assert scenes[1] is not scenes[1]
    assert torch.equal(scenes[1].images, portraits.images)


def test_scenes_are_heads_to_train_on(portraits, tmp_path):
    write_scene(portraits, tmp_path / "a")
    write_scene(portraits, tmp_path / "b")
    rays = RaysOfHeads(NeusScenes(tmp_path), RaySampler(rays=16), repeats=2)
    assert len(rays) == 4
    assert [int(rays[index].objects) for index in range(4)] == [0, 1, 0, 1]
    assert rays[3].origins.shape == (1, 16, 3)
    assert rays[3].origins.dtype == torch.float32


def test_folders_without_scenes_are_one_sentence(portraits, tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        NeusScenes(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no scenes .* each is a folder with"):
        NeusScenes(tmp_path)
    write_scene(portraits, tmp_path / "head")
    with pytest.raises(InputError, match="give the folder it is in"):
        NeusScenes(tmp_path / "head")
