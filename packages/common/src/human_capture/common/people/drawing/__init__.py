"""From triangles to pixels: rasteriser, materials, light and film."""
