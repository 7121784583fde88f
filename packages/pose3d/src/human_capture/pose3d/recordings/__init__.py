"""Real recordings: from videos or 2D key points of calibrated cameras to 3D motion."""
