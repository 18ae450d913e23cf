"""Stand-ins for outside systems, faithful to them and wrong in the ways they are wrong.

A simulator shares no code with the client it tests: the two meet over HTTP only.
"""
