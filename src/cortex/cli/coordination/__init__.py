"""Commands about what other systems ask, who works beside the fabric, and who is told."""
