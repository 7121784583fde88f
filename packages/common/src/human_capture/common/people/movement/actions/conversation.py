"""Talking, showing, greeting, telephoning, waiting: what hands say."""

from __future__ import annotations

from human_capture.common.people.movement import reaches
from human_capture.common.people.movement.actions.standing import standing
from human_capture.common.people.movement.choreography import Choreography, Reach
from human_capture.common.people.movement.orientations import turn
from human_capture.common.people.movement.stage import Stage


def _either(stage: Stage, one: Reach, other: Reach) -> tuple[Reach, Reach]:
    """Two hands, on random sides."""
    return (one, other) if stage.chance(0.5) else (other, one)


def directions(stage: Stage) -> Choreography:
    """Showing the way."""
    other = reaches.hanging(stage) if stage.chance(0.6) else reaches.talking(stage)
    return standing(stage, _either(stage, reaches.pointing(stage), other))


def discussion(stage: Stage) -> Choreography:
    """Talking with both hands."""
    return standing(stage, (reaches.talking(stage), reaches.talking(stage)))


def greeting(stage: Stage) -> Choreography:
    """Waving, sometimes with a bow."""
    share = stage.bouts((0.5, 1.0), (0.8, 2.5), 0.9)
    wave = reaches.mixed(reaches.hanging(stage), reaches.waving(stage), share)
    scene = standing(stage, _either(stage, wave, reaches.hanging(stage)))
    if stage.chance(0.3):
        scene.chest = turn(0.5 * stage.bouts((0.6, 1.0), (0.3, 1.5))) @ scene.chest
    return scene


def phoning(stage: Stage) -> Choreography:
    """A telephone at the ear, walking about or standing."""
    free = (reaches.hanging, reaches.talking, reaches.on_hip)
    other = free[int(stage.random.integers(3))](stage)
    scene = standing(stage, _either(stage, reaches.phoning(stage), other))
    # the elbow of a folded arm hangs forwards rather than out
    scene.swivel = {side: swivel - 0.3 for side, swivel in scene.swivel.items()}
    return scene


def photo(stage: Stage) -> Choreography:
    """Taking a photograph, low or high."""
    scene = standing(
        stage, (reaches.photographing(stage), reaches.photographing(stage))
    )
    scene.height = scene.height - stage.uniform(0.0, 0.25) * stage.bouts(
        (0.8, 1.5), (1.0, 3.0)
    )
    scene.chest = turn(stage.uniform(-0.1, 0.35)) @ scene.chest
    return scene


def posing(stage: Stage) -> Choreography:
    """Standing for a picture, one attitude after another."""
    attitudes = (
        reaches.on_hip,
        reaches.hanging,
        reaches.talking,
        reaches.on_head,
        reaches.pointing,
        reaches.behind,
    )
    if stage.chance(0.25):
        return standing(stage, (reaches.crossed(stage), reaches.crossed(stage)))
    first, second, third = (
        attitudes[int(k)](stage) for k in stage.random.integers(len(attitudes), size=3)
    )
    share = stage.bouts((0.7, 1.2), (1.0, 3.0), 1.0)
    scene = standing(stage, _either(stage, first, reaches.mixed(second, third, share)))
    scene.pelvis = scene.pelvis @ turn(side=stage.uniform(-0.12, 0.12))
    return scene


def waiting(stage: Stage) -> Choreography:
    """Waiting with hanging, folded or hidden hands."""
    kind = int(stage.random.integers(4))
    if kind == 0:
        return standing(stage, (reaches.crossed(stage), reaches.crossed(stage)))
    if kind == 1:
        return standing(stage, (reaches.behind(stage), reaches.behind(stage)))
    one = (reaches.on_hip if kind == 2 else reaches.hanging)(stage)
    return standing(stage, _either(stage, one, reaches.hanging(stage)))
