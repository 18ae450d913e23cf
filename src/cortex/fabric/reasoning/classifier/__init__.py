"""Tier 3: say which tool a text means, by a small linear head over features of the text."""
