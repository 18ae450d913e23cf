"""The layers as child processes of this one: which there are, how they wake, how they end."""
