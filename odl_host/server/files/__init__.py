"""Stored files: those of resources and their versions, images, and what else was sent."""
