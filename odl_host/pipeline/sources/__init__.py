"""Deposits that lie elsewhere (S3, SFTP, lists of addresses), and the local mirror of what they hold."""
