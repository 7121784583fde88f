"""Heads as neural implicit surfaces, shared by many people and fitted to one."""
