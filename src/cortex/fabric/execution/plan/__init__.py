"""From a call in words to a plan: references bound, guards asked, a preview written."""
