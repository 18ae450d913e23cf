"""How well Cortex routes, measured: CLINC150, polarity, domain, complexity, and a replay."""
