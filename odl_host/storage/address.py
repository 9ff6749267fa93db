"""Where files come from and where they lie, as a manifest says it: `[[sources]]`, `[storage]`. No key stands there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from odl_host.config import read_secret
from odl_host.storage.bucket import Bucket, BucketAddress

# Source: Amazon S3 user guide, "General purpose bucket naming rules".
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_ENDPOINT = re.compile(r"https?://[^/@\s]+/?\Z")


@dataclass(frozen=True, slots=True)
class S3Account:
    """How an S3 server is reached: AWS without `endpoint`. Keys that are not named are those boto3 finds (`AWS_…`)."""

    endpoint: str = ""
    region: str = ""
    path_style: bool = True
    access_key_env: str = ""
    access_key_file: str = ""
    secret_key_env: str = ""
    secret_key_file: str = ""

    def open_bucket(self, name: str) -> Bucket:
        """Return a bucket of this server; nothing is asked of it yet.

        :raises ConfigError: a variable or a file that should hold a key holds nothing.
        """
        access = read_secret(self.access_key_env, self.access_key_file, "the access key of the S3 server")
        secret = read_secret(self.secret_key_env, self.secret_key_file, "the secret key of the S3 server")
        return Bucket(BucketAddress(name, self.endpoint.rstrip("/"), self.region, self.path_style, access, secret))

    def find_account_problem(self) -> tuple[str, str] | None:
        """Return the key that cannot be used and why, or None."""
        if self.endpoint and not _ENDPOINT.match(self.endpoint):
            return "endpoint", f"“{self.endpoint}” is not the address of an S3 server, such as https://s3.example.fr."
        if bool(self.access_key_env or self.access_key_file) != bool(self.secret_key_env or self.secret_key_file):
            return "access_key_env", "an access key and a secret key go together: name both, or neither."
        return None


@dataclass(frozen=True, slots=True)
class StorageAddress(S3Account):
    """Where a tenant's published files lie: on this disk, or in a bucket below `prefix`.

    `redirect_s`: readers are sent to the bucket by a signed address that lives so many seconds; 0 sends them the bytes,
    which is what harvesters that follow no redirect need.
    """

    kind: str = "local"
    bucket: str = ""
    prefix: str = ""
    redirect_s: int = 0

    def find_problem(self) -> tuple[str, str] | None:
        """Return the key that cannot be used and why, or None."""
        if self.kind not in {"local", "s3"}:
            return "kind", f"“{self.kind}” is neither “local” nor “s3”."
        if self.kind == "s3" and not is_bucket_name(self.bucket):
            return "bucket", f"“{self.bucket}” names no bucket: 3 to 63 lower-case letters, digits, hyphens and dots."
        if not 0 <= self.redirect_s <= 604_800:
            return "redirect_s", "a signed address lives at most a week: 604800 seconds."
        return self.find_account_problem()


@dataclass(frozen=True, slots=True)
class SourceAddress(S3Account):
    """A deposit that lies elsewhere: an entry of `[[sources]]`. With `member`, all its files are that member's.

    `key_file`, `known_hosts_file` and `password_…` are for SFTP, `token_…` for lists of addresses over HTTP.
    """

    url: str = ""
    member: str = ""
    key_file: str = ""
    known_hosts_file: str = ""
    password_env: str = ""
    password_file: str = ""
    token_env: str = ""
    token_file: str = ""

    @property
    def shown(self) -> str:
        """How it is named to people."""
        return f"{self.url} ({self.member})" if self.member else self.url

    def find_problem(self) -> tuple[str, str] | None:
        """Return the key that cannot be used and why, or None."""
        if not is_remote(self.url):
            return "url", f"“{self.url}” is not an address that starts with s3://, sftp:// or https://."
        parts = urlsplit(self.url)
        if parts.password:
            return "url", "a manifest holds no password: name a variable with password_env."
        if parts.scheme == "s3" and not is_bucket_name(parts.netloc):
            return "url", f"“{parts.netloc}” names no bucket: 3 to 63 lower-case letters, digits, hyphens and dots."
        if self.member and not re.fullmatch(r"[A-Za-z0-9-]+", self.member):
            return "member", f"“{self.member}” is no INSEE code, SIREN or name of a member."
        if not parts.hostname:
            return "url", f"“{self.url}” names no server."
        return self.find_account_problem()


def is_remote(address: str) -> bool:
    """Return whether a deposit lies elsewhere.

    >>> is_remote("s3://depots/savoie"), is_remote("depots/savoie"), is_remote("sftp://a@b/c")
    (True, False, True)
    """
    return address.startswith(("s3://", "sftp://", "https://", "http://"))


def is_bucket_name(name: str) -> bool:
    """Return whether a bucket can have this name.

    >>> is_bucket_name("odl-savoie"), is_bucket_name("ab"), is_bucket_name("Bucket")
    (True, False, False)
    """
    return _BUCKET_NAME.match(name) is not None
