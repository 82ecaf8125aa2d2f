"""What things are: jobs, actions, prompts, quotas. Standard library only, no I/O."""
