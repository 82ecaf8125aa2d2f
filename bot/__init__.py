"""Easel: Midjourney and DALL·E in a Discord server."""
