"""The three changes over SSH; the controller is told of none of them."""
