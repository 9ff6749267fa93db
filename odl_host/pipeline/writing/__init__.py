"""The effects of a plan on the catalogue: each may be made twice."""
