"""Videos of a motion from cameras that need not exist."""
