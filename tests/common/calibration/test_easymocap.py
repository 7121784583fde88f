import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.errors import InputError

INTRI = """%YAML:1.0
---
names:
  - "01"
  - "02"
K_01: !!opencv-matrix
  rows: 3
  cols: 3
  dt: d
  data: [1000.000, 0.000, 512.250, 0.000, 1001.000, 384.750, 0.000, 0.000, 1.000]
dist_01: !!opencv-matrix
  rows: 1
  cols: 5
  dt: d
  data: [-0.200, 0.100, 0.001, 0.002, 0.003]
K_02: !!opencv-matrix
  rows: 3
  cols: 3
  dt: d
  data: [1100.000, 0.000, 500.000, 0.000, 1101.000, 380.000, 0.000, 0.000, 1.000]
dist_02: !!opencv-matrix
  rows: 1
  cols: 5
  dt: d
  data: [-0.100, 0.050, 0.001, 0.002, 0.000]
"""
EXTRI = """%YAML:1.0
---
names:
  - "01"
  - "02"
R_01: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [0.100, 0.200, 0.300]
T_01: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [0.100, 0.200, 3.300]
R_02: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [0.100, -1.200, 0.300]
T_02: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [-0.100, 0.300, 2.900]
"""
POINTS = torch.tensor([[0.1, 0.2, 0.3], [-0.4, 0.1, 1.2], [0.3, -0.2, 0.9]])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "intri.yml").write_text(INTRI)
    (tmp_path / "extri.yml").write_text(EXTRI)
    return tmp_path


def test_projects_as_opencv_does_with_the_numbers_in_the_file(folder, reference_pixels):
    calibration = read_calibration(folder)
    assert (calibration.names, calibration.sizes) == (("01", "02"), (None, None))
    expected = reference_pixels(
        POINTS,
        [[1000, 0, 512.25], [0, 1001, 384.75], [0, 0, 1]],
        [-0.2, 0.1, 0.001, 0.002, 0.003],
        [0.1, 0.2, 0.3],
        [0.1, 0.2, 3.3],
    )
    pixels, _ = calibration.cameras[0].project(POINTS.double())
    torch.testing.assert_close(pixels, expected, rtol=0, atol=1e-8)


def test_either_file_stands_for_the_folder(folder, assert_equal_rigs):
    rig = read_calibration(folder)
    assert_equal_rigs(rig, read_calibration(folder / "intri.yml"))
    assert_equal_rigs(rig, read_calibration(folder / "extri.yml"))


@pytest.mark.parametrize("lens", ["ideal", "opencv", "rational", "thin prism"])
@pytest.mark.parametrize("sizes", [True, False])
def test_round_trip(make_rig, assert_equal_rigs, tmp_path, lens, sizes):
    rig = make_rig(lens, ("0", "cam-1", "b_2"), sizes)
    write_calibration(rig, tmp_path / "out", "easymocap")
    again = read_calibration(tmp_path / "out")
    assert_equal_rigs(rig, again)
    assert again.sizes == rig.sizes


@pytest.mark.parametrize("name", ["intri.yml", "extri.yml"])
def test_cut_off_files_never_mislead(folder, name, assert_damage_is_noticed):
    file = folder / name
    assert_damage_is_noticed(folder, file=file)
    lines = file.read_bytes().splitlines(keepends=True)
    copies = [b"".join(lines[:count]) for count in range(len(lines))]
    errors, count = assert_damage_is_noticed(folder, file=file, copies=copies)
    assert errors == count


@pytest.mark.parametrize(
    "name, old, message",
    [
        ("intri.yml", "K_02", "intri.yml: field 'K_02' of camera '02' is missing"),
        ("intri.yml", "dist_02", "field 'dist_02' of camera '02' is missing"),
        ("extri.yml", "R_01", "extri.yml: field 'R_01' of camera '01' is missing"),
        ("extri.yml", "T_01", "field 'T_01' of camera '01' is missing"),
        ("extri.yml", "names", "field 'names' is missing"),
        ("extri.yml", '  - "02"\n', "names' differ"),
    ],
)
def test_missing_fields_are_named(folder, name, old, message):
    file = folder / name
    file.write_text(file.read_text().replace(old, "\n" if old[0] == " " else "x", 1))
    with pytest.raises(InputError, match=message):
        read_calibration(folder)


def test_missing_file_is_named(folder):
    (folder / "extri.yml").unlink()
    with pytest.raises(InputError, match=r"extri\.yml: cannot be read"):
        read_calibration(folder)


@pytest.mark.parametrize("lens, message", [("fisheye", "fisheye lens"), ("ideal", "")])
def test_what_the_format_lacks_is_refused(make_rig, tmp_path, lens, message):
    with pytest.raises(InputError, match=message or "rename it"):
        write_calibration(make_rig(lens, ("a b", "c")), tmp_path / "o", "easymocap")
    assert not (tmp_path / "o").exists()
