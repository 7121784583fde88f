import pytest

from human_capture.pose3d.recordings.stages import StageClock


class Hands:
    """A clock that is turned by hand."""

    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


def test_every_second_belongs_to_the_innermost_stage():
    hands = Hands()
    clock = StageClock(hands)

    def images():
        for image in range(3):
            hands.time += 2
            yield image

    def people(pictures):
        for picture in pictures:
            hands.time += 5
            yield picture

    found = []
    for person in clock.timed("detecting", people(clock.timed("decoding", images()))):
        hands.time += 1000  # of nobody's stage
        found.append(person)
    assert found == [0, 1, 2]
    assert clock.seconds == {"detecting": 15, "decoding": 6}
    with clock.stage("lifting"):
        hands.time += 9
    assert clock.shares == pytest.approx(
        {"detecting": 0.5, "decoding": 0.2, "lifting": 0.3}
    )


def test_an_interrupted_stage_counts_until_then():
    hands = Hands()
    clock = StageClock(hands)
    with pytest.raises(KeyboardInterrupt), clock.stage("detecting"):
        hands.time += 4
        raise KeyboardInterrupt
    hands.time += 10
    with clock.stage("writing"):
        hands.time += 1
    assert clock.seconds == {"detecting": 4, "writing": 1}


def test_before_anything_is_timed_there_are_no_shares():
    assert StageClock().shares == {}
