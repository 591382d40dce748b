"""PostgreSQL and Kafka for tests, as child processes or in containers."""
