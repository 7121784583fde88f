"""Networks from normalised 2D key points over time to 3D, under one interface."""
