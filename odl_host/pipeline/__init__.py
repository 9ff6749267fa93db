"""From a deposit folder to the catalogue: `planning` examines it and plans, `apply` writes, `run` is both under a lock.

Stages are functions from value to value; `run` alone holds the loop, the state and the isolation of failures.
"""
