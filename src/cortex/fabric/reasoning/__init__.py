"""The reasoning layers: what is asked when neither rules nor memory know a route."""
