"""The simulated service, tested as its callers see it."""
