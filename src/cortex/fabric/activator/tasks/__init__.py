"""Tasks of other systems: taken from a stream, asked as any query, answered on another stream."""
