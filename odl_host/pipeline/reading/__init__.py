"""How a file becomes rows of text, whatever software it comes from. The door is `odl_host.pipeline.reading.read`."""
