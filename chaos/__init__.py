"""Break things on purpose, by a seed, and keep a ledger of what became of every task."""
