"""From 2D evidence in several views to 3D joints; each method works on its own."""
