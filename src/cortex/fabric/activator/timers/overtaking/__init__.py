"""What ends a timer before its moment: a later change of the same thing, or whoever cancels it."""
