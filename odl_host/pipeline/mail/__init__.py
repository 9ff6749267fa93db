"""The letters of a night: to each town hall what it must correct and what is online, to the operator a digest."""
