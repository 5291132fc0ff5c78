"""The portal people see: pages over the services' published tables, commands by RPC."""
