"""Who may ask for what: tokens and their scopes, quotas, keys, and the switch that stops writes."""
