"""What a captured motion becomes: motion files, videos, a 3D page, a report."""
