"""Who acts: users, their passwords and tokens, sessions, invitations."""
