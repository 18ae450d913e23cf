"""What decides where a query goes: frame, rules, agreement, binding, complexity. Pure."""
