"""`portico bench`: the figures, each beside its limit measured in the same run."""

from portico.bench.command import bench

__all__ = ["bench"]
