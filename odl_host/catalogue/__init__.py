"""The toolkit's only way to a catalogue: `client` carries calls, `upsert` knows which calls to make."""
