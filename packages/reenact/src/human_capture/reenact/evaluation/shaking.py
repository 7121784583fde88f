"""The part of the evaluation in which people are driven by videos."""

from __future__ import annotations

from human_capture.reenact.clips import as_float
from human_capture.reenact.evaluation.drawings import Drawings
from human_capture.reenact.evaluation.results import Outcome
from human_capture.reenact.evaluation.smoothness import smoothness_ratio


def shaking(drawings: Drawings) -> Outcome:
    """How much more drawn heads shake than those that drive them.

    Args:
        drawings: Of the model.
    """
    material, model = drawings.material, drawings.model
    judge = material.judges.landmarks
    clips = []
    for driver, video in enumerate(material.videos):
        person = material.drivers(driver)[0]
        pictures = as_float(video.frames)
        drawn = model.draw(drawings.identities[person], model.describe(pictures))
        clips.append((judge(drawn), judge(pictures)))
    return Outcome({"smoothness": smoothness_ratio(clips)})
