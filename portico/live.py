"""`portico live`: the server of live updates."""


def live() -> None:
    """Run the server of live updates until SIGTERM."""
    from gateway.live import main

    main()
