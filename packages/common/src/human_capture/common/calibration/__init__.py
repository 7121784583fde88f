"""Calibration files of other tools, read and written in this package's conventions."""

from human_capture.common.calibration.check import check_calibration
from human_capture.common.calibration.formats import (
    CalibrationFormat,
    Unit,
    read_calibration,
    recognise_format,
    write_calibration,
)
from human_capture.common.calibration.rig import Calibration

__all__ = [
    "Calibration",
    "CalibrationFormat",
    "Unit",
    "check_calibration",
    "read_calibration",
    "recognise_format",
    "write_calibration",
]
