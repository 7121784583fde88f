"""How near fitted heads come to the truth."""
