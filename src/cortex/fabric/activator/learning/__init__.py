"""What the activator remembers: routes and their evidence, and what it does with them."""
