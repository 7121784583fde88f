"""Who somebody is: body shape, face, skeleton, key points."""
