import os

import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.preparation.lock import reserved
from human_capture.reenact.preparation.sources import find_sources, plain_name


@pytest.fixture
def tree(tmp_path):
    for name in (
        "ann/2.mp4",
        "ann/10.mov",
        "bob/1.MP4",
        "bob/shots/a.png",
        "notes.txt",
    ):
        path = tmp_path / "all" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "all"


def test_folders_are_searched_and_folders_of_images_are_clips(tree):
    names = [source.name for source in find_sources([tree])]
    assert names == [
        "all/ann/2.mp4",
        "all/ann/10.mov",
        "all/bob/1.MP4",
        "all/bob/shots",
    ]


def test_a_folder_of_prepared_clips_is_no_source(tree):
    before = [source.name for source in find_sources([tree])]
    with reserved(tree / "shards"):
        (tree / "shards" / "contact_sheet.png").write_bytes(b"x")
    assert [source.name for source in find_sources([tree])] == before
    with reserved(tree / "ann"):  # videos count wherever they lie
        assert [source.name for source in find_sources([tree])] == before


def test_files_given_twice_come_once(tree):
    assert len(find_sources([tree, tree / "ann", str(tree / "ann" / "2.mp4")])) == 4


def test_equal_names_are_told_apart(tree, tmp_path):
    other = tmp_path / "other" / "2.mp4"
    other.parent.mkdir()
    other.write_bytes(b"x")
    names = [source.name for source in find_sources([tree / "ann" / "2.mp4", other])]
    assert names == ["2.mp4", "2.mp4 (2)"]


def test_people_by_clip_or_by_folder(tree):
    assert len({s.person for s in find_sources([tree])}) == 4
    by_folder = {s.name: s.person for s in find_sources([tree], by_folder=True)}
    assert by_folder["all/ann/2.mp4"] == by_folder["all/ann/10.mov"]
    assert by_folder["all/ann/2.mp4"] != by_folder["all/bob/1.MP4"]


def test_key_changes_with_the_file_alone(tree):
    before = {s.name: s.key for s in find_sources([tree])}
    (tree / "ann" / "2.mp4").write_bytes(b"another film")
    os.utime(tree / "bob" / "shots" / "a.png", ns=(5, 5))
    after = {s.name: s.key for s in find_sources([tree])}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"all/ann/2.mp4", "all/bob/shots"}


def test_what_is_no_video_is_an_input_error(tree, tmp_path):
    with pytest.raises(InputError, match="no video or folder"):
        find_sources([tree / "nothing.mp4"])
    with pytest.raises(InputError, match="no video"):
        find_sources([tree / "notes.txt"])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="There is no video in"):
        find_sources([empty])


def test_the_plain_name_of_a_person_is_that_of_the_folder(tmp_path):
    path = tmp_path / "anna-marie" / "a.mp4"
    path.parent.mkdir()
    path.write_bytes(b"")
    (source,) = find_sources([path], by_folder=True)
    assert source.person != "anna-marie" == plain_name(source.person)
    assert plain_name("in/a.mp4") == "in/a.mp4"
