"""Networks as plain modules: images to heat maps, volumes to joints."""
