"""The network-operations fabric: activator, execution and what they agree on."""
