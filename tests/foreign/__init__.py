"""Data from outside: whatever it holds, it is read, or refused by the error that its reader documents."""
