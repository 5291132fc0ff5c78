"""The second factor: codes of an authenticator app, and recovery codes for the day the app is gone."""
