import json

import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.preparation.shards import (
    INDEX,
    ClipEntry,
    ShardIndex,
    append_clips,
)
from human_capture.reenact.preparation.stream import ClipStream


@pytest.fixture
def fill(tmp_path, drawn_clip):
    """Adds clips to a folder."""
    folder = tmp_path / "shards"
    folder.mkdir()

    def add(index, *seeds):
        files = []
        for seed in seeds:
            files.append(tmp_path / f"{seed}.safetensors")
            files[-1].write_bytes(drawn_clip(seed).to_bytes())
        entries = [ClipEntry(f"k{s}", f"{s}.mp4", f"p{s}", 12) for s in seeds]
        return append_clips(folder, index, entries, files)

    return folder, add


def test_clips_come_back_in_order_and_can_be_added_to(fill, drawn_clip):
    folder, add = fill
    index = add(ShardIndex({"size": 32}), 3, 1)
    assert add(index, 7) == ShardIndex.read(folder / INDEX)
    stream = ClipStream(folder)
    assert [entry.name for entry in stream.clips] == ["3.mp4", "1.mp4", "7.mp4"]
    for place, seed in enumerate((3, 1, 7)):
        assert stream[place].to_bytes() == drawn_clip(seed).to_bytes()
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["clips-00000.bin", "clips-00001.bin", INDEX]


def test_views_outlive_the_next_clip(fill, drawn_clip):
    folder, add = fill
    add(add(ShardIndex({"size": 32}), 0), 1)
    stream = ClipStream(folder)
    first = stream[0]
    for _ in range(3):
        assert len(stream[1]) == 12 and len(stream[0]) == 12
    assert first.to_bytes() == drawn_clip(0).to_bytes()


def test_shards_stream_from_afar(fill, tmp_path, drawn_clip):
    folder, add = fill
    add(ShardIndex({"size": 32}), 4, 5)
    stream = ClipStream(f"local:{folder}", cache=tmp_path / "cache")
    assert len(stream) == 2
    assert stream[1].to_bytes() == drawn_clip(5).to_bytes()


def test_nothing_changes_when_adding_fails(fill):
    folder, add = fill
    index = add(ShardIndex({"size": 32}), 3)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    entries = [ClipEntry("k", "n", "p", 12)]
    with pytest.raises(InputError):
        append_clips(folder, index, entries, [folder / "missing.safetensors"])
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_places_outside_do_not_exist(fill):
    folder, add = fill
    add(ShardIndex({"size": 32}), 3)
    with pytest.raises(IndexError):
        ClipStream(folder)[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["config"].update(data_format=["pickle"]),
        lambda c: c["config"].update(data_format=["bytes", "pickle"]),
        lambda c: c["config"].update(data_format=["graph:pickle"]),
        lambda c: c["chunks"][0].update(filename="../../stolen.bin"),
        lambda c: c["clips"].pop(),
        lambda c: c["clips"][0].update(unknown=1),
        lambda c: c.pop("recipe"),
        lambda c: c["recipe"].update(size="large"),
    ],
)
def test_other_indexes_are_refused_before_anything_is_read(fill, change):
    folder, add = fill
    add(ShardIndex({"size": 32}), 3)
    content = json.loads((folder / INDEX).read_text())
    change(content)
    (folder / INDEX).write_text(json.dumps(content))
    with pytest.raises(InputError, match="damaged or describes something else"):
        ClipStream(folder)


def test_no_index_no_clips(tmp_path):
    with pytest.raises(InputError, match="reenact prepare"):
        ClipStream(tmp_path)
