"""What the repository's layout promises."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_namespace_has_no_init_file():
    # one stray file breaks every editable sibling, and wheels hide it
    assert not list(ROOT.glob("packages/*/src/human_capture/__init__.py"))


def test_every_package_is_typed():
    for source in ROOT.glob("packages/*/src/human_capture/*/"):
        assert (source / "py.typed").is_file(), source


def test_nothing_is_called_utils():
    names = {"utils", "util", "misc", "helpers", "helper", "base", "manager"}
    sources = ROOT.glob("packages/*/src/**/*.py")
    assert not [path for path in sources if path.stem in names]


def test_shipped_files_stay_small():
    limits = {".npz": 12e6, ".safetensors": 25e6}
    for path in ROOT.glob("packages/*/src/**/*"):
        assert path.is_dir() or path.stat().st_size <= limits.get(path.suffix, 1e6)
