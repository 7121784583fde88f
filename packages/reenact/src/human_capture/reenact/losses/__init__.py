"""What the two players are trained for."""
