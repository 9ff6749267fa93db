"""The catalogue's database: SQLite or PostgreSQL, its tables and how it reaches their present shape."""
