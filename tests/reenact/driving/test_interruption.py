"""Ctrl-C ends a recording, and a second one the program."""

import signal
import threading

import pytest

from human_capture.reenact.driving.interruption import until_interrupted


@pytest.fixture(autouse=True)
def interruptible():
    """Programs that a shell starts in the background begin without it."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def test_the_item_at_work_is_finished_and_no_other_begun():
    done = []
    with until_interrupted(range(10)) as items:
        for item in items:
            if item == 3:
                signal.raise_signal(signal.SIGINT)
            done.append(item)
    assert done == [0, 1, 2, 3]


def test_a_second_one_interrupts():
    with pytest.raises(KeyboardInterrupt):
        with until_interrupted(range(10)) as items:
            for _ in items:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)


def test_without_it_all_items_come_and_nothing_is_left_behind():
    before = signal.getsignal(signal.SIGINT)
    with until_interrupted(range(5)) as items:
        assert list(items) == [0, 1, 2, 3, 4]
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_may_use_it():
    seen = []

    def work():
        with until_interrupted(range(3)) as items:
            seen.extend(items)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [0, 1, 2]
