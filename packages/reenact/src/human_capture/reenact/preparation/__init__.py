"""People's own videos become clips to train on.

In the order in which a video passes them: ``sources`` (which files are clips),
``cutting`` (one video to one clip), ``records`` (a clip as bytes), ``shards`` (many
clips in files that stream), ``lock`` (one run at a time), ``contact_sheet`` (what came
out), ``prepare`` (all of it).
"""
