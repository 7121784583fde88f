"""All methods on the same held-out scenes: the thesis's table on our data.

Every backbone looks at every view once; the methods then get any number of views of
that evidence. Confidence intervals are paired bootstraps over scenes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from human_capture.common.keypoints import keypoint_format
from human_capture.common.metrics import Alignment, joint_errors
from human_capture.common.publishing import published
from human_capture.common.tracking import log_table
from human_capture.pose3d.comparison_report import (
    Comparison,
    header,
    rows,
    write_comparison,
)
from human_capture.pose3d.corruption import CalibrationNoise, Occlusion
from human_capture.pose3d.methods import METHODS, load_method
from human_capture.pose3d.triangulation import Method
from human_capture.pose3d.triangulation.algebraic import AlgebraicTriangulation
from human_capture.pose3d.triangulation.evidence import ViewEvidence, see
from human_capture.pose3d.triangulation.ransac import RansacTriangulation
from human_capture.pose3d.views import Views

EVEN_VIEWS = {  # of eight cameras on a ring
    2: (0, 2),
    3: (0, 3, 5),
    4: (0, 2, 4, 6),
    6: (0, 1, 3, 4, 5, 7),
    8: (0, 1, 2, 3, 4, 5, 6, 7),
}


@dataclass(frozen=True)
class Condition:
    """What goes wrong while methods are compared.

    Attributes:
        occlusion: Rectangles pasted over views; None for none.
        calibration: Errors of the cameras; None for none.
    """

    occlusion: Occlusion | None = None
    calibration: CalibrationNoise | None = None

    def __call__(self, views: Views, seed: int) -> Views:
        """The batch under this condition; the same seed gives the same one."""
        generator = torch.Generator().manual_seed(seed)
        if self.occlusion is not None:
            flat = self.occlusion(views.images.flatten(0, 1), generator)
            views = replace(views, images=flat.reshape(views.images.shape))
        if self.calibration is not None:
            cameras = self.calibration(views.cameras, generator)
            views = replace(views, cameras=cameras)
        return views


CONDITIONS = {
    "clean": Condition(),
    "occluded": Condition(Occlusion()),
    "noisy calibration": Condition(calibration=CalibrationNoise()),
}


class SceneErrors(Metric):
    """Errors of every scene under every setting, gathered over processes."""

    full_state_update = False
    errors: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("errors", [], dist_reduce_fx="cat")

    def update(self, errors: Float[Tensor, "scene setting kind"]) -> None:
        """Add scenes."""
        self.errors.append(errors)

    def compute(self) -> Float[Tensor, "scene setting kind"]:
        """All scenes of all processes."""
        return dim_zero_cat(self.errors)


class ComparisonTask(LightningModule):
    """Compare triangulation methods on scenes with eight cameras.

    Args:
        algebraic: Weights of the algebraic method. RANSAC uses its backbone.
        unweighted: Weights of the algebraic method trained without confidences. When
            absent those of the package, or the backbone of ``algebraic`` with equal
            weights if it has none.
        volumetric: Weights of volumetric methods by the name they get in the table;
            all that the package has when absent.
        conditions: What goes wrong, by name; clean, occluded and noisy calibration
            when absent.
        cameras: Which of the eight cameras are used, by their number; evenly spread
            ones when absent.
        format: Key-point format of the data.
        output: Folder for the table, the curve and the numbers.
    """

    def __init__(
        self,
        algebraic: str = "algebraic",
        unweighted: str | None = None,
        volumetric: Mapping[str, str] | None = None,
        conditions: Mapping[str, Condition] | None = None,
        cameras: Mapping[int, Sequence[int]] | None = None,
        format: str = "human36m",
        output: Path | None = None,
    ) -> None:
        super().__init__()
        learned = load_method(algebraic)
        assert isinstance(learned, AlgebraicTriangulation)
        backbone = learned.backbone
        if unweighted is None and "algebraic_unweighted" in published(METHODS):
            unweighted = "algebraic_unweighted"
        if volumetric is None:
            names = (
                name for name in published(METHODS) if name.startswith("volumetric")
            )
            volumetric = {name.replace("_", " "): name for name in names}
        equal: nn.Module = (
            AlgebraicTriangulation(backbone)
            if unweighted is None
            else load_method(unweighted)
        )
        self.methods = nn.ModuleDict(
            {
                "RANSAC": RansacTriangulation(backbone),
                "algebraic without confidences": equal,
                "algebraic": learned,
                **{name: load_method(path) for name, path in volumetric.items()},
            }
        )
        self.image_size = backbone.image_size
        self.conditions = dict(CONDITIONS if conditions is None else conditions)
        self.cameras = dict(EVEN_VIEWS if cameras is None else cameras)
        self.format, self.output = keypoint_format(format), output
        self.scene_errors = SceneErrors()

    @property
    def settings(self) -> list[tuple[str, str, int]]:
        """Condition, method and number of cameras of every column of errors."""
        return list(product(self.conditions, self.methods, self.cameras))

    def on_after_batch_transfer(self, batch: Views, dataloader_idx: int) -> Views:
        """Bytes to floats."""
        return batch.with_float_images()

    def test_step(self, batch: Views, batch_idx: int) -> None:
        """Errors of every method under every condition with every camera count."""
        columns = []
        for number, condition in enumerate(self.conditions.values()):
            views = condition(batch, seed=1000 * batch_idx + number)
            seen: dict[tuple[int, bool], ViewEvidence] = {}
            for method, count in product(self._methods(), self.cameras):
                evidence = self._evidence(method, views, seen)
                columns.append(self._errors(method, evidence, views, count))
        self.scene_errors.update(torch.stack(columns, 1))

    def _methods(self) -> list[Method]:
        return [
            method for method in self.methods.values() if isinstance(method, Method)
        ]

    def _evidence(
        self,
        method: Method,
        views: Views,
        seen: dict[tuple[int, bool], ViewEvidence],
    ) -> ViewEvidence:
        """What the method's backbone sees, from memory where another asked before."""
        hard = isinstance(method, RansacTriangulation)
        key = id(method.backbone), hard
        if key not in seen:
            seen[key] = see(method.backbone, views.images, hard=hard)
        return seen[key]

    def _errors(
        self, method: Method, evidence: ViewEvidence, views: Views, count: int
    ) -> Float[Tensor, "scene 2"]:
        chosen = list(self.cameras[count])
        estimate = method.estimate(
            evidence.select_views(chosen), views.cameras[:, chosen]
        )
        kinds: tuple[Alignment, ...] = ("absolute", "root")
        errors = [
            joint_errors(estimate.points, views.joints, self.format, kind).mean(-1)
            for kind in kinds
        ]
        return 1000 * torch.stack(errors, -1)

    def on_test_epoch_end(self) -> None:
        """Print the table, write it beside the curve, log the numbers."""
        errors = self.scene_errors.compute()
        comparison = Comparison(self.settings, errors.cpu())
        numbers = {
            f"test/{condition}/{method}/{count}/{kind}".replace(" ", "_"): float(error)
            for (condition, method, count), pair in zip(
                self.settings, errors.mean(0), strict=True
            )
            for kind, error in zip(("mpjpe_mm", "relative_mpjpe_mm"), pair, strict=True)
        }
        for logger in self.loggers:  # not self.log, which prints ninety lines
            logger.log_metrics(numbers)
        table = header(comparison), rows(comparison)
        log_table(self.trainer, "test/mpjpe_mm", *table)
        if self.trainer.is_global_zero:
            folder = self.output or Path(self.trainer.default_root_dir)
            write_comparison(comparison, folder)
