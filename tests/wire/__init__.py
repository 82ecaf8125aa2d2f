"""Whole-process tests: the real `easel run` over HTTP and a WebSocket on loopback."""
