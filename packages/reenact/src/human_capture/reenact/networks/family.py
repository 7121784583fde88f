"""The four networks of a model, whose sizes belong together."""

from __future__ import annotations

from dataclasses import dataclass

from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.identity_encoder import IdentityEncoder
from human_capture.reenact.networks.pose_encoder import PoseEncoder


@dataclass(frozen=True)
class Networks:
    """What a model consists of.

    Attributes:
        identity_encoder: Tells who it is.
        pose_encoder: Tells how the head is held and what the face does.
        generator: Draws the one as the other does.
        discriminator: Judges what is drawn; its embedding is as long as the identity.
    """

    identity_encoder: IdentityEncoder
    pose_encoder: PoseEncoder
    generator: Generator
    discriminator: Discriminator


def official_networks(
    identity: int = 512, pose: int = 256, size: int = 256
) -> Networks:
    """Networks as the authors used them, with random weights.

    Args:
        identity: Numbers that say who it is.
        pose: Numbers that say how the head is held and what the face does.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
    """
    return Networks(
        IdentityEncoder(identity),
        PoseEncoder(pose),
        Generator(identity, pose, size),
        Discriminator(identity, size),
    )
