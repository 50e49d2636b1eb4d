"""Hooks: mechanics in hook.py, payloads in events.py, every hook in app_hooks.py."""
