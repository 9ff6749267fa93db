"""The French territory: what a code looks like (`codes`) and which places exist (`reference`).

Everything here is read from files of the package; nothing asks the network.
"""
