"""Making things true to the manifest: configuration files, the catalogue, the member organizations."""
