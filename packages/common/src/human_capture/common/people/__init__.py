"""Synthetic people: bodies, motion, clothes and the pictures of them."""
