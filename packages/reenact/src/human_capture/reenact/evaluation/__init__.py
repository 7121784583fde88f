"""How well heads are reenacted, and what the descriptor holds."""
