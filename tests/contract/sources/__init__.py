"""Where deposits may lie, each kind of place on a real server."""
