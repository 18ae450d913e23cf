"""Carries out the operations that change something.

What a body must look like comes from the published OpenAPI files; unknown keys are ignored, as
the real application ignores them. A PUT replaces all that its body describes and leaves alone
what this API does not know of.
"""
