"""What a catalogue holds, as it is sent, kept and shown: datasets, resources, organizations, groups, tags, views."""
