import errno
import os
import stat
from pathlib import Path

import pytest

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path


def test_file_appears_whole_with_its_suffix_kept(tmp_path):
    target = tmp_path / "new" / "folder" / "video.mp4"
    with atomic_path(target) as temporary:
        assert temporary.suffix == ".mp4"
        assert temporary.parent == target.parent
        temporary.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]
    assert stat.S_IMODE(target.stat().st_mode) & 0o444 == 0o444


def test_old_file_is_replaced_at_once(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with atomic_path(str(target)) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_and_the_old_file_stays_when_the_block_fails(tmp_path, failure):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(failure), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise failure
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    target = tmp_path / "a.txt"
    with (
        pytest.raises(InputError, match=r"a\.txt.*No space left.*free some space"),
        atomic_path(target) as temporary,
    ):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_disk_that_fills_up_during_a_write_is_noticed(tmp_path):
    target = tmp_path / "a.txt"
    with pytest.raises(InputError, match="No space left"), atomic_path(target) as _:
        Path("/dev/full").write_bytes(b"x" * 10_000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["file/a.txt", "file/b/c/a.txt"])
def test_file_where_a_folder_should_be_is_one_sentence(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot write"), atomic_path(tmp_path / name):
        pass


def test_folder_in_the_place_of_the_file_is_one_sentence(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with (
        pytest.raises(InputError, match="Cannot write"),
        atomic_path(tmp_path / "a.txt"),
    ):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_errors_that_are_not_the_disks_pass_through(tmp_path):
    with pytest.raises(OSError, match="encoder") as caught, atomic_path(tmp_path / "a"):
        raise OSError("encoder says no")
    assert not isinstance(caught.value, InputError)


def test_missing_input_inside_the_block_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a"):
        (tmp_path / "input.mp4").read_bytes()


def test_two_writers_do_not_meet(tmp_path):
    target = tmp_path / "a.txt"
    with atomic_path(target) as first, atomic_path(target) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"  # the outer block ends last
    assert list(tmp_path.iterdir()) == [target]
