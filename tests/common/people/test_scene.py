import hashlib
import subprocess
import sys
import threading

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.drawing.materials import linear, material
from human_capture.common.people.drawing.rasteriser import (
    homogeneous_pixels,
    rasterise_numpy,
)
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.looks.surface import body_surface
from human_capture.common.people.places.furniture import box
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.occluders import sample_clutter, seat
from human_capture.common.people.places.rooms import PhotoBackdrop, Room
from human_capture.common.people.scene import Scene

HEIGHT, WIDTH = 72, 60


def standing(shift=(0.0, 0.0)):
    """The rest pose on the floor."""
    return (body_surface().canonical + np.array([*shift, 0.825])).astype(np.float32)


def camera(azimuth, distance=3.2, height=1.2, focal=70.0):
    centre = np.array([distance * np.sin(azimuth), -distance * np.cos(azimuth), height])
    ahead = np.array([0, 0, 0.9]) - centre
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    transform = np.eye(4)
    transform[:3, :3] = right, np.cross(ahead, right), ahead
    transform[:3, 3] = -transform[:3, :3] @ centre
    intrinsics = np.array([[focal, 0.3, 33.0], [0, focal * 1.1, 34.0], [0, 0, 1]])
    return intrinsics, transform


def cameras(*azimuths):
    pairs = [camera(azimuth) for azimuth in azimuths]
    return tuple(np.stack(column) for column in zip(*pairs, strict=True))


def a_scene(seed=3, props=True, outdoors=False):
    return Scene(
        [(standing(), Appearance.sample(seed))],
        Room.sample(seed, outdoors=outdoors),
        Light.sample(seed),
        sample_clutter(seed, 5) if props else (),
        Film.sample(seed),
    )


def digest(seed=3):
    pictures = a_scene(seed).render(*cameras(0.3, 2.0), HEIGHT, WIDTH, 2)
    parts = (pictures.image, pictures.mask, pictures.person, pictures.depth)
    return hashlib.sha256(b"".join(a.tobytes() for a in parts)).hexdigest()


def test_same_seed_gives_the_same_pixels_in_other_processes_and_threads():
    code = f"import sys; sys.path.insert(0, {str(__file__.rsplit('/', 1)[0])!r}); "
    code += "import test_scene; print(test_scene.digest())"
    here = digest()
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == here
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(digest())) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [here, here]


def test_other_seeds_give_other_people():
    assert digest(3) != digest(4)


@pytest.mark.parametrize("seed", [1, 2])
def test_masks_and_depth_are_those_of_the_reference_rasteriser(seed):
    scene = a_scene(seed)
    intrinsics, transforms = cameras(0.0, 1.1)
    pictures = scene.render(intrinsics, transforms, HEIGHT, WIDTH)
    mesh = scene.mesh
    for view in range(2):
        pixels = homogeneous_pixels(mesh.positions, intrinsics[view], transforms[view])
        seen = rasterise_numpy(pixels, mesh.faces, mesh.cut, HEIGHT, WIDTH)
        person = np.append(mesh.person, -1)[seen.face]
        np.testing.assert_array_equal(pictures.depth[view], seen.depth)
        np.testing.assert_array_equal(pictures.person[view], person)
        np.testing.assert_array_equal(pictures.mask[view], person >= 0)
        assert (person >= 0).mean() > 0.05


def test_what_hides_a_person_is_not_part_of_the_mask():
    intrinsics, transforms = cameras(0.0)
    wall = box([0, -1.5, 0.45], [4.0, 0.1, 0.9], 0.0, material(linear(0.0, 0.0, 0.5)))
    look = Appearance.sample(1)
    room, light = Room.sample(1, outdoors=False), Light.sample(1)
    free = Scene([(standing(), look)], room, light)
    hidden = Scene([(standing(), look)], room, light, [wall])
    free_pictures = free.render(intrinsics, transforms, HEIGHT, WIDTH)
    pictures = hidden.render(intrinsics, transforms, HEIGHT, WIDTH)
    assert pictures.mask.sum() < 0.75 * free_pictures.mask.sum()
    np.testing.assert_array_equal(pictures.person >= 0, pictures.mask > 0.5)
    covered = (free_pictures.mask > 0) & (pictures.mask == 0)
    assert (pictures.depth[covered] < free_pictures.depth[covered]).all()


def test_each_person_has_a_number_and_the_nearer_one_hides_the_other():
    intrinsics, transforms = cameras(0.0)
    people = [
        (standing((0.0, 0.6)), Appearance.sample(1)),
        (standing((0.15, -0.4)), Appearance.sample(2)),
    ]
    scene = Scene(people, Room.sample(2), Light.sample(2))
    pictures = scene.render(intrinsics, transforms, HEIGHT, WIDTH)
    first, second = pictures.person == 0, pictures.person == 1
    assert first.any() and second.any()
    assert pictures.depth[second].mean() < pictures.depth[first].mean()


def test_supersampled_coverage_averages_to_the_fine_mask():
    scene = a_scene(5, props=False)
    intrinsics, transforms = cameras(0.5)
    pictures = scene.render(intrinsics, transforms, HEIGHT, WIDTH, 3)
    fine = scene.render(
        np.diag([3.0, 3.0, 1.0]) @ intrinsics, transforms, 3 * HEIGHT, 3 * WIDTH
    )
    blocks = fine.mask.reshape(1, HEIGHT, 3, WIDTH, 3).mean((2, 4))
    np.testing.assert_allclose(pictures.mask, blocks, atol=1e-6)
    # three samples a side have one at the centre
    np.testing.assert_array_equal(pictures.person, fine.person[:, 1::3, 1::3])


def test_visible_are_points_on_this_side_only():
    scene = a_scene(1, props=False)
    intrinsics, transforms = cameras(0.0, np.pi)
    depth = scene.render(intrinsics, transforms, HEIGHT, WIDTH).depth
    points = standing()[[_front_most(), _back_most()]].astype(float)
    points = np.concatenate([points, [[0.0, 50.0, 1.0]]])
    seen = scene.visibility(points, intrinsics, transforms, depth, 0.05)
    np.testing.assert_array_equal(seen[:, :2], [[True, False], [False, True]])


def _front_most():
    canonical = body_surface().canonical[:13380]
    belly = np.abs(canonical[:, 2] - 0.2) < 0.05
    return int(np.where(belly, canonical[:, 1], np.inf).argmin())


def _back_most():
    canonical = body_surface().canonical[:13380]
    belly = np.abs(canonical[:, 2] - 0.2) < 0.05
    return int(np.where(belly, canonical[:, 1], -np.inf).argmax())


def test_photographs_hang_behind_people():
    photo = np.zeros((40, 60, 3), np.uint8)
    photo[..., 0], photo[..., 2] = 230, 20
    scene = Scene(
        [(standing(), Appearance.sample(1))],
        PhotoBackdrop.prepare([photo], side=64, shade=0.0),
        Light.sample(1),
    )
    pictures = scene.render(*cameras(0.2), HEIGHT, WIDTH)
    behind = pictures.image[pictures.mask == 0].astype(int)
    assert (behind[:, 0] > behind[:, 2] + 60).all()


def test_no_photographs_is_an_error_in_words():
    with pytest.raises(InputError, match="no photographs"):
        PhotoBackdrop.prepare([])


def test_an_empty_scene_is_a_picture_of_the_room():
    pictures = Scene([], Room.sample(1), Light.sample(1)).render(
        *cameras(0.2), HEIGHT, WIDTH
    )
    assert not pictures.mask.any()
    assert np.isinf(pictures.depth).all()
    assert (pictures.person == -1).all()
    assert pictures.image.std() > 2


def test_who_stands_needs_no_seat():
    assert seat(standing(), 0) is None


def test_shadow_darkens_the_floor_beside_a_person():
    intrinsics, transforms = cameras(0.0)
    room, look = Room.sample(5, outdoors=False), Appearance.sample(1)
    light = Light.sample(11)
    with_person = Scene([(standing(), look)], room, light)
    alone = Scene([], room, light)
    picture = with_person.render(intrinsics, transforms, HEIGHT, WIDTH)
    empty = alone.render(intrinsics, transforms, HEIGHT, WIDTH)
    floor = np.zeros((1, HEIGHT, WIDTH), bool)
    floor[:, 50:] = True
    floor &= picture.mask == 0
    change = picture.image[floor].astype(int) - empty.image[floor]
    assert change.max() <= 1
    assert change.min() < -10


def test_torch_is_not_needed_to_draw():
    code = "import sys; import human_capture.common.people.scene; "
    code += "print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
