"""The commands of a device, by what they are about.

Each takes the words after its name and returns what it prints. The shapes follow what owners of
such devices have published; the figures are the world's.
"""
