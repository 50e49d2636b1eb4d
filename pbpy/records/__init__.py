"""Record use cases: list, view, create, update, delete, expand."""
