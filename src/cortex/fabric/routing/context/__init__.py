"""What a text leaves to the turns before it: pronouns, ordinals, and what is left out."""
