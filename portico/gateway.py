"""`portico gateway`: the web portal under gunicorn."""


def gateway() -> None:
    """Run the web portal until SIGTERM."""
    from gateway.run import main

    main()
