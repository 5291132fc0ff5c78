"""The `portico` command: starts, stops and looks after everything; one file a subcommand."""
