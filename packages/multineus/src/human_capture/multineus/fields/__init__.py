"""Functions of space that belong to several objects at once."""
