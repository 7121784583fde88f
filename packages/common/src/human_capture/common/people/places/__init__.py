"""Where somebody is: rooms, things that stand about, and light."""
