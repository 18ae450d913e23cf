"""Who may come in: logins, sessions, keys, CSRF tokens and the login limiter."""
