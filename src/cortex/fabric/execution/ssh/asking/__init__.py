"""How devices are asked: where each is reached, the questions of one call, and that call."""
