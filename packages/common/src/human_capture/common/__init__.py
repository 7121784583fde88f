"""Shared ground: cameras, key points, metrics, synthetic people, the command line."""
