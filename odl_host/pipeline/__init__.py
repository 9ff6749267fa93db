"""From a deposit folder to the catalogue: discover, read, detect, validate, normalise, plan, publish.

Stages are functions from value to value; `run` alone holds the loop, the state and the isolation of failures.
"""
