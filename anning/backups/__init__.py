"""Back up the databases and the key rings of all services at one moment, and restore them (docs/runbook.md)."""
