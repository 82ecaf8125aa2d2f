"""How jobs and credits are kept. Only this package knows that the database is SQLite."""
