"""Collections: definition, validation, table sync, import."""
