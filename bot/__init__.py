"""Easel: Midjourney in a Discord server."""
