"""HTTP: routes, middleware, request parsing, responses."""
