"""``reenact``, or ``python -m human_capture.reenact``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from human_capture.reenact.commands import run

    sys.exit(run())


if __name__ == "__main__":
    main()
