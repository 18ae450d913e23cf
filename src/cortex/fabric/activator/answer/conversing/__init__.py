"""Answer within a conversation: what the turns before say, and what this turn leaves behind."""
