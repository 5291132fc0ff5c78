"""What `/metrics` shows."""

from prometheus_client import Counter, Gauge, Histogram

APPENDS = Counter("localstore_appends_total", "Append, delete and tombstone calls answered", ["result"])
EVENTS = Counter("localstore_events_total", "Events stored since the start")
COMMIT_SECONDS = Histogram(
    "localstore_commit_seconds",
    "Duration of a group commit, fdatasync included",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
SUBSCRIPTIONS = Gauge("localstore_subscriptions", "Catch-up subscriptions open")
LAST_POSITION = Gauge("localstore_last_position", "Position of the last event stored")
