"""The tools of the fabric, as facts: what each does, to what, at which risk. Pure."""
