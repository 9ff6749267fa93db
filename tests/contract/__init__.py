"""The same tests on every back end."""
