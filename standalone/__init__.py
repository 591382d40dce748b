"""The whole system on one machine with one command: real PostgreSQL, real Kafka, and a process for every service."""
