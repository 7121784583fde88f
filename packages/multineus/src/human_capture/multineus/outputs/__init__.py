"""What a reconstructed head becomes: pictures, a video, a 3D page."""
