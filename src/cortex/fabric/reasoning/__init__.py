"""Layers 3 and 4: what routes a query that neither rules nor memory know."""
