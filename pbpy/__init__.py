"""pbpy: the PocketBase server in Python."""
