"""Passwords and API tokens: how they are made, kept and recognised.

A password is kept as its argon2 hash, a token as its SHA-256: a token has 256 random bits, so a slow hash would add
nothing but time to every call. Neither can be read back.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Return a new random token, fit for an HTTP header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Return the argon2 hash of a password, with its salt and parameters."""
    import argon2

    return argon2.PasswordHasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Return whether `password` is the one that was hashed."""
    import argon2

    if not password_hash:
        return False
    try:
        return argon2.PasswordHasher().verify(password_hash, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
