from dataclasses import replace

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.reenact.preparation import prepare as module
from human_capture.reenact.preparation.cutting import Cut, NoClipError
from human_capture.reenact.preparation.lock import LOCK, reserved
from human_capture.reenact.preparation.options import PrepareOptions
from human_capture.reenact.preparation.prepare import SHEET, prepare
from human_capture.reenact.preparation.records import decode_picture
from human_capture.reenact.preparation.stream import ClipStream


@pytest.fixture
def cut(drawn_clip):
    """Stands for the cutting of videos: quick, and names say what happens."""

    def make(source, options):
        make.calls.append(source.name)
        if "nobody" in source.name:
            raise NoClipError(f"no face in {source.name}.")
        if "busy" in source.name and make.fails:
            raise InputError(f"{source.name} cannot be read.")
        if "defect" in source.name and make.fails:
            raise KeyboardInterrupt
        clip = drawn_clip(sum(source.name.encode()), size=options.size)
        return Cut(clip, {"too small": 2}, (f"{source.name} breaks off",))

    make.calls, make.fails = [], True
    return make


@pytest.fixture
def options(tmp_path):
    def make(*names, **others):
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                path.write_bytes(name.encode())
        return PrepareOptions(
            [str(tmp_path / "in")],
            str(tmp_path / "out"),
            **{"size": 32, "workers": 1, **others},
        )

    return make


def names_in(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_summary_counts_clips_and_tells_why_videos_are_skipped(options, cut, capsys):
    prepared = prepare(options("a.mp4", "b.mp4", "nobody.mp4"), cut)
    assert [clip.name for clip in prepared.clips] == ["in/a.mp4", "in/b.mp4"]
    lines = capsys.readouterr().out.splitlines()
    first = "2 clips, 24 frames; 1 video skipped: no face in in/nobody.mp4"
    assert lines[:2] == [first, "frames left out: 4 too small"]
    assert "note: in/a.mp4 breaks off" in lines and SHEET in lines[-1]


def test_only_the_shards_the_sheet_the_reasons_and_the_lock_remain(
    options, cut, tmp_path
):
    prepare(options("a.mp4", "nobody.mp4"), cut)
    (reason,) = (tmp_path / "out" / "skipped").iterdir()
    expected = {"clips-00000.bin", "index.json", SHEET, reason.name, LOCK}
    assert names_in(tmp_path / "out") == expected


def test_finished_clips_and_hopeless_videos_are_not_done_again(options, cut):
    prepare(options("a.mp4", "nobody.mp4"), cut)
    cut.calls.clear()
    again = prepare(options("c.mp4"), cut)
    assert cut.calls == ["in/c.mp4"]
    assert [clip.name for clip in again.clips] == ["in/a.mp4", "in/c.mp4"]
    assert again.skipped == ("no face in in/nobody.mp4",)


def test_a_file_that_could_not_be_read_is_tried_again(options, cut):
    chosen = options("a.mp4", "busy.mp4")
    assert prepare(chosen, cut).skipped == ("in/busy.mp4 cannot be read",)
    cut.fails = False
    again = prepare(chosen, cut)
    assert [clip.name for clip in again.clips] == ["in/a.mp4", "in/busy.mp4"]


def test_two_runs_do_not_write_into_one_folder(options, cut, tmp_path):
    chosen = options("a.mp4")
    with (
        reserved(tmp_path / "out"),
        pytest.raises(InputError, match=r"^Another run is writing into .*out'; wait"),
    ):
        prepare(chosen, cut)
    assert cut.calls == []
    assert len(prepare(chosen, cut).clips) == 1


def test_an_output_among_the_videos_is_no_video(options, cut, tmp_path):
    chosen = replace(options("a.mp4"), output=str(tmp_path / "in" / "out"))
    first = prepare(chosen, cut)
    assert (first.folder / SHEET).exists()
    assert prepare(chosen, cut).clips == first.clips
    assert cut.calls == ["in/a.mp4"]


def test_interrupted_run_goes_on_where_it_was(options, cut, tmp_path, drawn_clip):
    chosen = options("a.mp4", "b.mp4", "defect.mp4", "e.mp4")
    with pytest.raises(KeyboardInterrupt):
        prepare(chosen, cut)
    assert not (tmp_path / "out" / "index.json").exists()
    cut.fails = False
    cut.calls.clear()
    prepared = prepare(chosen, cut)
    assert cut.calls == ["in/defect.mp4", "in/e.mp4"]
    names = [clip.name for clip in prepared.clips]
    assert names == ["in/a.mp4", "in/b.mp4", "in/defect.mp4", "in/e.mp4"]
    stream = ClipStream(tmp_path / "out")
    for place, name in enumerate(names):
        truth = drawn_clip(sum(name.encode()))
        assert stream[place].to_bytes() == truth.to_bytes()
    assert not (tmp_path / "out" / "unfinished").exists()


def test_clips_of_an_interrupted_run_with_other_options_are_not_used(
    options, cut, tmp_path
):
    with pytest.raises(KeyboardInterrupt):
        prepare(options("a.mp4", "defect.mp4"), cut)
    cut.fails = False
    prepare(options("a.mp4", "defect.mp4", size=64), cut)
    stream = ClipStream(tmp_path / "out")
    assert stream.index.size == 64
    for clip in (stream[0], stream[1]):
        assert decode_picture(clip.pictures.file(0), 64).shape == (64, 64, 3)


def test_kill_between_shards_and_clean_up_doubles_nothing(
    options, cut, tmp_path, monkeypatch
):
    def killed(bench, keys):
        if list(keys):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.Workbench, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(options("a.mp4"), cut)
    prepared = prepare(options("b.mp4"), cut)
    assert [clip.name for clip in prepared.clips] == ["in/a.mp4", "in/b.mp4"]
    assert cut.calls == ["in/a.mp4", "in/b.mp4"]
    assert not (tmp_path / "out" / "unfinished").exists()


def test_full_shards_are_closed(options, cut, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHARD_BYTES", 70_000)
    prepare(options("a.mp4", "b.mp4", "c.mp4"), cut)
    weights = [len(ClipStream(tmp_path / "out")[n].to_bytes()) for n in range(3)]
    assert weights[0] < 70_000 < sum(weights[:2])
    shards = [n for n in names_in(tmp_path / "out") if n.endswith(".bin")]
    assert len(shards) == 2


def test_other_options_need_another_folder(options, cut):
    prepare(options("a.mp4"), cut)
    with pytest.raises(InputError, match=r"prepared with --size=32; give the same"):
        prepare(options("a.mp4", size=64), cut)


def test_second_face_is_another_person(options, cut):
    prepare(options("a.mp4", face=1), cut)
    prepared = prepare(options("a.mp4", face=2), cut)
    assert [clip.name for clip in prepared.clips] == [
        "in/a.mp4 (face 1)",
        "in/a.mp4 (face 2)",
    ]
    assert len({clip.person for clip in prepared.clips}) == 2


def test_no_clip_at_all_is_one_sentence(options, cut, tmp_path):
    with pytest.raises(
        InputError, match=r"^No video has given a clip: no face in .*\.$"
    ):
        prepare(options("nobody.mp4"), cut)
    assert not (tmp_path / "out" / SHEET).exists()


def test_contact_sheet_shows_every_clip(options, cut, tmp_path):
    prepare(options("a.mp4", "b.mp4"), cut)
    sheet = read_image(tmp_path / "out" / SHEET)
    assert sheet.shape == (2 * 144, 8 * 128, 3)
    # the masks of frames 0 and 11 are 0 and 110 of 255, so tiles brighten
    tiles = sheet[16:144].reshape(128, 8, 128, 3).mean((0, 2, 3))
    levels = 20 * (np.linspace(0, 11, 8).round() % 10 + 1)
    masks = 10 * np.linspace(0, 11, 8).round() / 255
    np.testing.assert_allclose(tiles, (levels - 0.5) * (0.35 + 0.65 * masks), atol=4)


@pytest.mark.parametrize(
    ("field", "value"), [("size", 0), ("every", 0), ("face", 0), ("per_second", -1.0)]
)
def test_options_without_sense(field, value):
    with pytest.raises(InputError, match=f"{field[-4:]} must be above 0"):
        PrepareOptions(["x"], **{field: value})
