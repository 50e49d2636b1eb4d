"""Realtime subscriptions; empty until the SSE broker lands."""
