"""The demo page in a real browser; its screenshots land in `screenshots/`, for people to look at."""
