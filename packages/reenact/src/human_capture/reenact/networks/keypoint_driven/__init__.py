"""Reenactment driven by landmarks, to compare the latent pose descriptor with."""
