"""How somebody looks: skin, hair and clothes as layers over the body mesh."""
