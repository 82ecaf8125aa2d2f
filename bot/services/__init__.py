"""What happens: one file per thing that a person or the clock can ask for. No third-party package."""
