"""The way round a controller that does not answer: when it is taken, and what is known then."""
