"""What a tenant keeps from night to night: the journal of each run, what people decided, and the lock."""
