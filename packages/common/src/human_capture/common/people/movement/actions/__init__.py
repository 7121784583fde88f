"""What people do, one file a kind: each action makes a choreography for a stage."""
