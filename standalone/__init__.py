"""The whole system on one machine under one command: real PostgreSQL, real Kafka, every service a process."""
