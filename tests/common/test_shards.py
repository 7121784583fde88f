import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.shards import ShardedCache, default_cache

made: list[int] = []


def numbered(index: int) -> dict[str, torch.Tensor]:
    """An item that tells which one it is."""
    made.append(index)
    generator = torch.Generator().manual_seed(index)
    return {
        "image": torch.randint(256, (3, 4, 5), generator=generator, dtype=torch.uint8),
        "joints": torch.full((2, 3), float(index)),
        "action": torch.tensor(index),
    }


def dawdling(seconds: float, index: int) -> dict[str, torch.Tensor]:
    time.sleep(seconds)
    return numbered(index)


def failing(index: int) -> dict[str, torch.Tensor]:
    if index == 5:
        raise KeyboardInterrupt
    return numbered(index)


def cache(root: Path, make=numbered, items=10, shard=4, **recipe) -> ShardedCache:
    made.clear()
    return ShardedCache(make, {"people": 3, **recipe}, items, shard, root)


def check(items: ShardedCache) -> None:
    for index in range(len(items)):
        expected, found = numbered(index), items[index]
        assert found.keys() == expected.keys()
        for key, tensor in expected.items():
            assert found[key].dtype == tensor.dtype
            assert torch.equal(found[key], tensor)


def test_items_come_back_as_they_were_made(tmp_path):
    check(cache(tmp_path))


def test_the_last_shard_is_shorter(tmp_path):
    items = cache(tmp_path)
    assert items.shards == 3
    assert list(items.fill()) == [0, 1, 2]
    assert sorted(p.name for p in items.folder.iterdir()) == [
        "00000-4.safetensors",
        "00001-4.safetensors",
        "00002-2.safetensors",
    ]


def test_items_are_made_once(tmp_path):
    items = cache(tmp_path)
    list(items.fill())
    assert made == list(range(10))
    again = cache(tmp_path)
    assert again.missing() == []
    assert list(again.fill()) == []
    for index in range(10):
        again[index]
    assert made == []


def test_one_item_makes_only_its_shard(tmp_path):
    items = cache(tmp_path)
    items[5]
    assert made == [4, 5, 6, 7]
    assert items.missing() == [0, 2]


@pytest.mark.parametrize("index", [-1, 10])
def test_no_item_outside(tmp_path, index):
    with pytest.raises(IndexError):
        cache(tmp_path)[index]


def test_other_recipes_and_shard_sizes_get_other_folders(tmp_path):
    folders = {
        cache(tmp_path).folder,
        cache(tmp_path, shard=5).folder,
        cache(tmp_path, seed=1).folder,
        cache(tmp_path, seed=2).folder,
    }
    assert len(folders) == 4
    assert cache(tmp_path, items=99).folder in folders  # more items reuse shards


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "header"])
def test_a_damaged_shard_is_made_again(tmp_path, damage):
    items = cache(tmp_path)
    list(items.fill())
    path = items.path(1)
    whole = path.read_bytes()
    bad = {
        "truncated": whole[: len(whole) - 40],
        "empty": b"",
        "garbage": os.urandom(len(whole)),
        "header": b"\xff" * 8 + whole[8:],
    }
    path.unlink()  # a new file, or open maps of the old one would see the damage
    path.write_bytes(bad[damage])
    again = cache(tmp_path)
    check(again)
    assert path.read_bytes() == whole


def test_a_shard_that_was_deleted_is_made_again(tmp_path):
    items = cache(tmp_path)
    list(items.fill())
    for file in items.folder.iterdir():
        file.unlink()
    check(items)


def test_an_interrupted_writer_leaves_nothing_that_looks_finished(tmp_path):
    items = cache(tmp_path, failing)
    with pytest.raises(KeyboardInterrupt):
        list(items.fill())
    assert items.missing() == [1, 2]
    assert len(list(items.folder.iterdir())) == 1


KILLED = """
import sys, time
from pathlib import Path
import torch
from human_capture.common.shards import ShardedCache

def make(index):
    return {"joints": torch.full((2, 3), float(index))}

def slow(path, content):
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        print("writing", flush=True)
        time.sleep(60)

Path.write_bytes = slow
ShardedCache(make, {"people": 3}, 10, 4, Path(sys.argv[1])).build(0)
"""


def test_a_killed_writer_leaves_nothing_that_looks_finished(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().strip() == "writing"
        process.send_signal(signal.SIGKILL)
    items = cache(tmp_path)
    assert len(list(items.folder.iterdir())) == 1  # the half-written temporary file
    assert items.missing() == [0, 1, 2]
    check(items)


def fill_all(root: Path) -> None:
    list(cache(root, partial(dawdling, 0.05)).fill())


def test_two_writers_at_once_make_one_whole_cache(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=fill_all, args=(tmp_path,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    items = cache(tmp_path)
    assert items.missing() == []
    assert len(list(items.folder.iterdir())) == 3
    check(items)


def test_two_readers_of_a_damaged_cache_both_recover(tmp_path):
    items = cache(tmp_path)
    list(items.fill())
    items.path(0).write_bytes(b"damaged")
    context = multiprocessing.get_context("fork")
    readers = [
        context.Process(target=check, args=(cache(tmp_path, partial(dawdling, 0.02)),))
        for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
        assert reader.exitcode == 0


@pytest.mark.slow
def test_worker_processes_make_the_same_files(tmp_path):
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        import torch
        from human_capture.common.shards import ShardedCache

        def make(index):
            return {"joints": torch.full((2, 3), float(index))}

        if __name__ == "__main__":
            root, workers = Path(sys.argv[2]), int(sys.argv[1])
            cache = ShardedCache(make, {"people": 3}, 10, 4, root)
            print(sorted(cache.fill(workers)))
        """
    )
    path = tmp_path / "fill.py"
    path.write_text(script)
    contents = []
    for workers in (1, 2):
        root = tmp_path / str(workers)
        command = [sys.executable, str(path), str(workers), str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[0, 1, 2]"
        files = sorted(root.rglob("*.safetensors"))
        contents.append([(file.name, file.read_bytes()) for file in files])
    assert contents[0] == contents[1]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    items = cache(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match="Cannot write"):
            items.build(0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(items.folder.iterdir()) == []


def test_the_environment_says_where_caches_lie(monkeypatch, tmp_path):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(tmp_path / "here"))
    assert default_cache() == tmp_path / "here"
    monkeypatch.delenv("HUMAN_CAPTURE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "human-capture"
