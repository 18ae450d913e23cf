"""What a time in an order means: its words, the moments they name, and the call that ends it.

Pure: now and the zone are arguments. Reads words and computes moments; waiting for them and
carrying the calls out belong to others.
"""
