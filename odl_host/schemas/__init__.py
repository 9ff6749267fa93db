"""Official schemas, their words in French, and the checks they declare."""
