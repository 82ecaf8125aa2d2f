"""Adapters out, over httpx: the services that make pictures, and where the finished ones are fetched from."""
