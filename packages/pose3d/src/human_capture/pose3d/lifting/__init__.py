"""From 2D key points of one camera to 3D: normalise, regress, put into the world."""
