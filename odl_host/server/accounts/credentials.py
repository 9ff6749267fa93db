"""Passwords and API tokens: how they are made, kept and recognised.

A password is kept as its argon2 hash, a token as its SHA-256: a token has 256 random bits, so a slow hash would add
nothing but time to every call. Neither can be read back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time

TOKEN_BYTES = 32


def new_token() -> str:
    """Return a new random token, fit for an HTTP header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_api_token(token_id: str) -> str:
    """Return a new API token of this id: a JSON Web Token that names the id (`jti`), as clients of CKAN read it.

    What stands where a signature would is random: nobody can make a token, and none is believed for what it says.
    """
    parts = ({"alg": "HS256", "typ": "JWT"}, {"jti": token_id, "iat": int(time.time())})
    written = (json.dumps(part, separators=(",", ":")).encode() for part in parts)
    return ".".join([*(base64.urlsafe_b64encode(text).decode().rstrip("=") for text in written), new_token()])


def hash_token(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Return the argon2 hash of a password, with its salt and parameters."""
    import argon2

    return argon2.PasswordHasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Return whether `password` is the one that was hashed, by this server or by a CKAN that users came from."""
    import argon2

    if not password_hash:
        return False
    if password_hash.startswith("$pbkdf2-sha512$"):
        return _is_ckan_password(password, password_hash)
    try:
        return argon2.PasswordHasher().verify(password_hash, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _is_ckan_password(password: str, password_hash: str) -> bool:
    """Verify CKAN's own hash. Source: the modular crypt format of pbkdf2-sha512, "$name$rounds$salt$checksum"."""
    try:
        _, _, rounds, salt, checksum = password_hash.split("$")
        expected = _adapted_base64(checksum)
        found = hashlib.pbkdf2_hmac("sha512", password.encode(), _adapted_base64(salt), int(rounds), len(expected))
    except ValueError:
        return False
    return hmac.compare_digest(found, expected)


def _adapted_base64(text: str) -> bytes:
    """Decode base64 that is written with a dot for the plus and without padding."""
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)
