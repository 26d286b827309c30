"""What is in values.yaml, and what is made from it."""
