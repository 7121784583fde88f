"""Data sets: what lies on disk, or is rendered, becomes a Views."""
