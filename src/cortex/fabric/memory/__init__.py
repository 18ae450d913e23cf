"""Layer 2: what Cortex remembers, on Qdrant: collections, embedding, and the two stores."""
