"""The activator's HTTP: who may call, what is read, how answers, streams and errors look."""
