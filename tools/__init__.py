"""What maintainers run; nothing in the lessons imports it."""
