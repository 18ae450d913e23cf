"""Commands about what is to happen later."""
