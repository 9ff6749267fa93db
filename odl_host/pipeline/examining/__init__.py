"""What one file is and says: its schema, period, owner and faults; and the form that it is published in."""
