"""One file per slash command or group: dropped in here, it is loaded. Files that begin with `_` are not."""
