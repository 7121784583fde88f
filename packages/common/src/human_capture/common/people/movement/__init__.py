"""What somebody does: actions as choreographies, motion, and its retargeting."""
