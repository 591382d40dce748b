"""Facts between services: recorded in an outbox, relayed to Kafka, processed once."""
