"""Volume rendering, in particular of signed distance fields, as pure functions.

Notation, here and in all files of this folder: a ray starts at ``origins`` and runs
along unit ``directions``; ``depths`` along it ascend; ``sdf`` is a signed distance,
negative inside; ``sharpness`` is NeuS's s, the inverse of the standard deviation. The
subject lies in the unit sphere, whose radius is the unit of length.
"""
