"""An avatar does what a driver does.

In the order in which a frame passes them: ``photos`` (who), ``sources`` (the driver's
frames), ``performance`` (the loop), ``animator`` (the networks, ready for speed),
``transfer`` (which pose the avatar takes), ``backdrops`` (what is behind it),
``pacing`` (frames at a constant rate); ``show`` puts them together by ``options``.
"""
