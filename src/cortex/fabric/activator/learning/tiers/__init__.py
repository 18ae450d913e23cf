"""The tiers that answer from what was learned: cache, memory, classifier."""
