"""Nothing in a stranger's pickle is ever run, and plain data come back whole."""

import io
import os
import pickle
import pickletools
from collections import OrderedDict

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.plain_pickle import (
    PlainArray,
    load_plain,
)


def load(raw):
    return load_plain(raw, "a.npz")


class Malicious:
    """A pickle that calls a function with arguments when it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("nested", [False, True])
def test_nothing_is_run(tmp_path, protocol, nested):
    trace = tmp_path / "trace"
    evil = Malicious(os.system, f"touch {trace}")
    raw = pickle.dumps({"S1": [np.zeros(2), evil]} if nested else evil, protocol)
    with pytest.raises(InputError, match=rf"a\.npz: holds {os.name}\.system, which"):
        load(raw)
    assert not trace.exists()
    pickle.loads(raw)  # what would have happened
    assert trace.exists()


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (eval, ("1",), r"builtins\.eval"),
        (exec, ("1",), r"builtins\.exec"),
        (getattr, ("", "join"), r"builtins\.getattr"),
        (__import__, ("os",), r"builtins\.__import__"),
        (np.load, ("x.npy",), r"numpy\.load"),
        (np.frombuffer, (b"",), r"numpy.*frombuffer"),
        (pickle.loads, (b"",), r"_pickle\.loads"),
        (type, ("", (), {}), r"builtins\.type"),
        (InputError, ("",), r"human_capture\.common\.errors\.InputError"),
    ],
)
def test_everything_else_is_refused_by_name(function, arguments, name):
    with pytest.raises(InputError, match=rf"holds {name}, which is not plain data"):
        load(pickle.dumps(Malicious(function, *arguments)))


def test_words_with_dots_do_not_reach_inside():
    raw = b"\x80\x04\x8c\x05numpy\x8c\x0edtype.__init__\x93."
    with pytest.raises(InputError, match=r"numpy\.dtype\.__init__"):
        load(raw)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(2, "U3"),
        np.zeros(2, "S3"),
        np.zeros(2, "V4"),
        np.zeros(2, [("a", "f4"), ("b", "i4")]),
        np.zeros(2, "M8[s]"),
    ],
)
def test_arrays_of_other_than_numbers_are_refused(array):
    with pytest.raises(InputError, match="holds a numpy array of type"):
        load(pickle.dumps(array))


def test_stand_ins_cannot_be_changed():
    """BUILD would set attributes on functions that a pickle has named."""
    for word in (b"numpy.core.multiarray\nscalar\n", b"numpy\ndtype\n"):
        state = b"(N}X\x0c\x00\x00\x00__defaults__)st"
        raw = b"\x80\x02c" + word + state + b"b."
        pickletools.dis(raw, out=io.StringIO())  # it is a whole pickle
        with pytest.raises(InputError, match="cut off or broken"):
            load(raw)
    assert load(pickle.dumps(np.float64(2.5))) == 2.5


def test_bytes_are_not_taken_for_objects():
    """An array of objects made of bytes would be pointers to anywhere."""
    whole = pickle.dumps(np.array([1.5]), 2)
    with pytest.raises(InputError, match="cut off or broken"):
        load(whole.replace(b"X\x02\x00\x00\x00f8", b"X\x02\x00\x00\x00O8"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_come_back(protocol):
    data = {
        "text": "Größe",
        "bytes": b"\x00\xff",
        "numbers": [1, -(2**70), 2.5, True, None],
        "sets": ({1, 2}, frozenset({3})),
        "ordered": OrderedDict(a=1, b=2),
        "scalar": np.float32(0.5),
        "whole": np.int64(-3),
    }
    assert load(pickle.dumps(data, protocol)) == data


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["f2", "<f4", ">f8", "i1", ">i4", "u8", "?", "c16"])
def test_arrays_come_back(protocol, dtype):
    array = (np.arange(24) % 5).reshape(2, 3, 4).astype(dtype)
    for given in (array, np.asfortranarray(array), array[:, ::2], array[0, 0, 0:0]):
        got = load(pickle.dumps(given, protocol))
        assert isinstance(got, PlainArray)
        np.testing.assert_array_equal(got.content, given)
        assert got.content.dtype == given.dtype


def test_arrays_of_objects_come_back_as_lists():
    array = np.empty(2, object)
    array[:] = [{"a": 1}, "b"]
    assert load(pickle.dumps(array)).content == [{"a": 1}, "b"]


def test_numpy_before_version_2_is_understood():
    raw = pickle.dumps(np.arange(3.0), 2)
    assert b"numpy._core" in raw
    older = raw.replace(b"numpy._core", b"numpy.core")
    np.testing.assert_array_equal(load(older).content, [0, 1, 2])


def test_python_2_is_understood():
    raw = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        b"(I1\n(I2\ntcnumpy\ndtype\n(S'i2'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
        b"I00\nS'\\x01\\x00\\xff\\xff'\ntb."
    )
    np.testing.assert_array_equal(load(raw).content, [1, -1])


def test_cut_off_pickles_are_told():
    raw = pickle.dumps({"S1": {"Walking": np.zeros((2, 17, 3))}})
    for length in range(0, len(raw) - 1, 7):
        with pytest.raises(InputError, match="cut off or broken"):
            load(raw[:length])
