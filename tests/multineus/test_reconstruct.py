import numpy as np
import pytest
import skimage.data

from human_capture.common.images import write_image
from human_capture.common.meshes import read_mesh
from human_capture.common.weights import save_weights
from human_capture.multineus import reconstruct as module
from human_capture.multineus.commands import run
from human_capture.multineus.fields.colour import ColourNetwork
from human_capture.multineus.fields.scene import PersonalLayers, SceneField
from human_capture.multineus.fields.sdf import SDFNetwork
from human_capture.multineus.fitting import Stage
from human_capture.multineus.head_fit import HeadFit
from human_capture.multineus.priors import load_prior
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.reconstruct import Preset
from human_capture.multineus.renderer import Renderer

FIELD = "human_capture.multineus.fields."


@pytest.fixture
def prior(tmp_path):
    """A field that has learned nothing: spheres."""
    field = SceneField(
        2,
        PersonalLayers(rank=4),
        sdf=lambda layer: SDFNetwork(layer, width=64),
        colour=lambda layer: ColourNetwork(layer, feature=64, width=32),
    )
    description = {
        "class_path": FIELD + "scene.SceneField",
        "init_args": {
            "objects": 2,
            "personal": {"rank": 4},
            "sdf": {
                "class_path": FIELD + "sdf.SDFNetwork",
                "init_args": {"width": 64},
            },
            "colour": {
                "class_path": FIELD + "colour.ColourNetwork",
                "init_args": {"feature": 64, "width": 32},
            },
        },
    }
    path = tmp_path / "prior.safetensors"
    save_weights(path, field, {"field": description})
    return path


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "astronaut.png"
    write_image(path, skimage.data.astronaut())
    return path


def test_a_prior_comes_back_from_its_file(prior):
    field = load_prior(prior)
    assert field.objects == 2
    assert field.sdf.layers[1].basis.shape[0] == 4


@pytest.mark.slow
def test_a_photo_becomes_a_head_in_all_its_forms(prior, photo, tmp_path, monkeypatch):
    stages = (Stage("personal", 2, 1e-3), Stage("shared", 2, 1e-4))
    tiny = Preset(64, HeadFit(stages, RaySampler(rays=16), Renderer(8, 8, 2)), 32)
    monkeypatch.setitem(module.PRESETS, "quick", tiny)
    out = tmp_path / "out" / "head.glb"
    assert run(["reconstruct", str(photo), f"--output={out}", f"--prior={prior}"]) == 0
    mesh = read_mesh(out)
    assert mesh.colours is not None
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert 0.05 < np.median(radius) < 0.2  # metres, about the middle of the sphere
    for suffix in (".png", ".mp4", ".html"):
        assert out.with_suffix(suffix).stat().st_size > 1000
    assert (out.parent / "head_fit" / "preview.png").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--output=head.stl"], "heads are written as .glb, .obj, .ply"),
        (["--output=head.glb"], "There are no photos"),
        (["missing.jpg", "--output=head.glb"], "There is no image"),
    ],
)
def test_what_cannot_become_a_head_is_said(arguments, sentence, capsys):
    assert run(["reconstruct", *arguments]) == 1
    assert sentence in capsys.readouterr().err


def test_weights_that_are_not_there_are_said(photo, tmp_path, capsys):
    arguments = [str(photo), f"--output={tmp_path / 'head.glb'}", "--prior=nobody"]
    assert run(["reconstruct", *arguments]) == 1
    assert "There are no weights 'nobody'" in capsys.readouterr().err


def test_help_reads_well(capsys):
    assert run(["--help"]) == 0
    assert "Photos of a person in, a 3D head out." in capsys.readouterr().out
