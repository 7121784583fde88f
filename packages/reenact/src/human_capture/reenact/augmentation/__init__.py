"""Changes of the driving frame that keep its pose and hide who it shows.

Pictures are RGB in [0, 1]; one level of 255 is 1 / 255. Every operation takes a batch,
with parameters of its own for each picture of it.
"""
