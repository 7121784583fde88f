"""Head reenactment: any head driven by any head, through a latent pose descriptor."""
