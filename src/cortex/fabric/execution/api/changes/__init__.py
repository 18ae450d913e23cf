"""The tools that change something, by what they act on."""
