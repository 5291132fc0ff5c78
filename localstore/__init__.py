"""localstore: one machine's event store, speaking EventStoreDB's gRPC protocol over SQLite.

Read in this order: `formats` (the table, and how an older one is taken over), `storage` (its reads), `writer` (group
commit and expected versions), `wire` (the protocol's messages), `feed` (what is new, for live subscriptions),
`service` (the calls), `server` (the process).
"""
