"""A folder is one run's, for as long as it runs."""

import subprocess
import sys

import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.preparation.lock import reserved

HOLD = """
import sys
from pathlib import Path
from human_capture.reenact.preparation.lock import reserved
with reserved(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")


def test_a_folder_is_free_again_after_the_block(tmp_path):
    for _ in range(2):
        with reserved(tmp_path / "new"), pytest.raises(InputError, match="Another run"):
            reserved(tmp_path / "new").__enter__()
    with reserved(tmp_path / "new"), reserved(tmp_path / "other"):
        pass


def test_a_killed_process_holds_nothing(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="Another run"):
            reserved(tmp_path).__enter__()
        holder.kill()
    with reserved(tmp_path):
        pass


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        InputError, match=r"Cannot write into .*choose another --output"
    ):
        reserved(tmp_path / "file").__enter__()
