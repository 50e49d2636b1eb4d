"""The filter language: text to AST to SQL."""
