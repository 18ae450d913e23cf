"""What is offered where a query is not certain: readings to pick from, and examples to go by."""
