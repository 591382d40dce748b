"""The real parts that tests run against: PostgreSQL and Kafka, as child processes or in containers."""
