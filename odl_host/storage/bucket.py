"""One bucket of an S3 server: listing, reading, writing. The only module that imports boto3, and only when it is used.

Every upload carries its checksums, so the server refuses bytes that changed on the way. What is read is counted
against the announced length; an answer that breaks off is taken up where it broke. Reads and whole puts are tried
again, for doing them twice changes nothing; what begins or ends a multipart upload is sent once.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from odl_host.config import Secret
from odl_host.errors import CERTIFICATE_HINT, NotStored, OdlError, StorageError, Unavailable, distrust

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 16 << 20
"""Size of a part, and of the largest file sent in one piece. S3 takes 10,000 parts of 5 MiB to 5 GiB."""

MOST_PARTS = 10_000
READ_BYTES = 1 << 18
ATTEMPTS = 4
MOST_BREAKS = 8
"""How often the reading of one object may break off before it is given up."""

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60

RIGHTS_HINT = (
    "Check the keys that the manifest names; they must allow ListBucket and GetObject and, where files are published "
    "to, PutObject and DeleteObject."
)
AGAIN_HINT = "Run the same command again."


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is and how it is reached; without keys, those that boto3 finds on the machine are taken."""

    bucket: str
    endpoint: str = ""
    region: str = ""
    path_style: bool = True
    access_key: Secret | None = None
    secret_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a bucket says of one object: `modified` in seconds since 1970, `etag` without quotes."""

    key: str
    size_bytes: int
    etag: str
    modified: float


@dataclass(slots=True)
class Bucket:
    """A bucket, connected at the first call; its threads may share it.

    Every method raises `NotStored` for an object or a bucket that is absent, `StorageError` when the server refuses,
    `Unavailable` when it does not answer.
    """

    address: BucketAddress
    part_bytes: int = PART_BYTES
    _clients: dict[int, S3Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def iter_objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects whose key begins with `prefix`, in the order of their keys."""
        with self._translated(f"list {prefix or 'its objects'}"):
            pages = self._client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.address.bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    yield StoredObject(
                        item["Key"], item["Size"], item["ETag"].strip('"'), item["LastModified"].timestamp()
                    )

    def find(self, key: str) -> StoredObject | None:
        """Return what the bucket says of an object, or None."""
        try:
            with self._translated(f"look at {key}"):
                answer = self._client().head_object(Bucket=self.address.bucket, Key=key)
        except NotStored:
            return None
        modified = answer["LastModified"].timestamp()
        return StoredObject(key, answer["ContentLength"], answer["ETag"].strip('"'), modified)

    def open(self, stored: StoredObject, *, sha256: str = "") -> BinaryIO:
        """Return a seekable reader of an object.

        With `sha256`, the last bytes of an object read from its beginning are given only when the whole has this hash:
        a file that was altered can never be taken for a good one. :raises StorageError: it has another.
        """
        return io.BufferedReader(ObjectReader(self, stored, sha256), READ_BYTES)

    def put(self, key: str, file: IO[bytes], size_bytes: int) -> None:
        """Store the rest of `file`, which is `size_bytes` long, under a key."""
        if size_bytes > self.part_bytes:
            self._put_in_parts(key, file, size_bytes)
            return
        content = file.read()
        with self._translated(f"store {key}"):
            self._client().put_object(
                Bucket=self.address.bucket, Key=key, Body=content, ContentMD5=_content_md5(content)
            )

    def _put_in_parts(self, key: str, file: IO[bytes], size_bytes: int) -> None:
        part_bytes = max(self.part_bytes, -(-size_bytes // MOST_PARTS))
        with self._translated(f"store {key}"):
            bucket = self.address.bucket
            upload = self._client(attempts=1).create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            try:
                parts: list[Any] = []
                while content := file.read(part_bytes):
                    number = len(parts) + 1
                    answer = self._client().upload_part(
                        Bucket=bucket,
                        Key=key,
                        UploadId=upload,
                        PartNumber=number,
                        Body=content,
                        ContentMD5=_content_md5(content),
                    )
                    parts.append({"PartNumber": number, "ETag": answer["ETag"]})
                self._client(attempts=1).complete_multipart_upload(
                    Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
                )
            except Exception:
                # The answer to the last call may be what was lost: then the object is there, whole.
                if (found := self.find(key)) and found.size_bytes == size_bytes:
                    return
                with suppress(Exception):
                    self._client().abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
                raise
        found = self.find(key)
        if found is None or found.size_bytes != size_bytes:
            held = found.size_bytes if found else 0
            raise StorageError(f"{self} holds {held} bytes of {key} after {size_bytes} were sent.")

    def delete(self, key: str) -> None:
        """Remove an object; one that is absent is no error."""
        with suppress(NotStored), self._translated(f"remove {key}"):
            self._client().delete_object(Bucket=self.address.bucket, Key=key)

    def sign_link(self, key: str, *, disposition: str, media_type: str, valid_s: int) -> str:
        """Return an address that lets anyone read an object for `valid_s` seconds; nothing is asked of the server."""
        parameters = {
            "Bucket": self.address.bucket,
            "Key": key,
            "ResponseContentDisposition": disposition,
            "ResponseContentType": media_type,
        }
        with self._translated(f"sign a link to {key}"):
            return self._client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=valid_s)

    def start_reading(self, stored: StoredObject, position: int) -> Any:
        """Ask for an object's bytes from a position on, and return the body of the answer."""
        answer = self._client().get_object(
            Bucket=self.address.bucket, Key=stored.key, IfMatch=f'"{stored.etag}"', Range=f"bytes={position}-"
        )
        if answer["ContentLength"] != stored.size_bytes - position:
            raise StorageError(f"{self} announces {answer['ContentLength']} bytes of {stored.key}, not the rest of it.")
        if answer["ETag"].strip('"') != stored.etag:  # not every server heeds If-Match
            raise StorageError(f"{self}: {stored.key} was replaced while it was read.", hint=AGAIN_HINT)
        return answer["Body"]

    def __str__(self) -> str:
        return f"The bucket {self.address.bucket}" + (f" at {self.address.endpoint}" if self.address.endpoint else "")

    def _client(self, *, attempts: int = ATTEMPTS) -> S3Client:
        """Return a client that tries each request `attempts` times; making it imports boto3: half a second."""
        with self._lock:
            if attempts not in self._clients:
                self._clients[attempts] = connect(self.address, attempts)
            return self._clients[attempts]

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        """Raise our exceptions for boto3's; neither keys nor headers are in their words."""
        try:
            yield
        except (OdlError, GeneratorExit):
            raise
        except Exception as error:
            raise translate(error, f"{self}: cannot {doing}") from error


class ObjectReader(io.RawIOBase):
    """The bytes of one object; asks again from where an answer broke off."""

    def __init__(self, bucket: Bucket, stored: StoredObject, sha256: str) -> None:
        self._bucket, self._stored, self._sha256 = bucket, stored, sha256
        self._body: Any = None
        self._position = 0
        self._digest = hashlib.sha256()
        self._hashed = 0
        self._breaks = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is asked of the server before the next read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._stored.size_bytes}[whence]
        position = max(0, base + offset)
        if position != self._position:
            self._drop()
            self._position = position
        return position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes."""
        view = memoryview(buffer).cast("B")
        if not view or self._position >= self._stored.size_bytes:
            return 0
        chunk = self._read(min(len(view), self._stored.size_bytes - self._position))
        if self._hashed == self._position:
            self._digest.update(chunk)
            self._hashed += len(chunk)
        self._position += len(chunk)
        whole = self._hashed == self._stored.size_bytes == self._position
        if whole and self._sha256 and self._digest.hexdigest() != self._sha256:
            raise StorageError(
                f"{self._bucket}: {self._stored.key} is damaged: its content has another SHA-256.",
                hint="Delete that object, then publish the file again.",
            )
        view[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, size: int) -> bytes:
        while True:
            try:
                if self._body is None:
                    self._body = self._bucket.start_reading(self._stored, self._position)
                if chunk := self._body.read(size):
                    return bytes(chunk)
                raise Unavailable(f"{self._bucket} sent fewer bytes of {self._stored.key} than it announced.")
            except Exception as error:
                self._drop()
                ours = translate(error, f"{self._bucket}: cannot read {self._stored.key}")
                self._breaks += 1
                if self._breaks == MOST_BREAKS or not isinstance(ours, Unavailable):
                    raise ours from error

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()
        super().close()


def translate(error: Exception, doing: str) -> OdlError:
    """Return our exception for one of boto3's: absent, refused, or not answering."""
    from botocore import exceptions

    if isinstance(error, OdlError):
        return error
    if isinstance(error, exceptions.ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "NoSuchBucket":
            return NotStored(f"{doing}: there is no such bucket.", hint="Create it, or correct its name.")
        if status == 404:
            return NotStored(f"{doing}: it is not there.")
        if status >= 500 or status == 429 or code in {"BadDigest", "RequestTimeout", "SlowDown"}:
            return Unavailable(f"{doing}: the server answered {status} ({code}).")
        if status == 403 or status == 401:
            return StorageError(f"{doing}: the server refused ({code}).", hint=RIGHTS_HINT)
        if status == 412:
            return StorageError(f"{doing}: it was replaced while it was read.", hint=AGAIN_HINT)
        return StorageError(f"{doing}: the server answered {status} ({code}).")
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return StorageError(f"{doing}: no keys were found.", hint=RIGHTS_HINT)
    if reason := distrust(error):
        return StorageError(f"{doing}: the server's certificate is not trusted: {reason}.", hint=CERTIFICATE_HINT)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError | exceptions.IncompleteReadError):
        return Unavailable(f"{doing}: the server does not answer ({type(error).__name__}).")
    if isinstance(error, exceptions.BotoCoreError | ValueError):
        return StorageError(f"{doing}: {type(error).__name__}: {str(error)[:200]}")
    if isinstance(error, OSError):
        return StorageError(f"{doing}: {error.strerror or error}.")
    return StorageError(f"{doing}: {type(error).__name__}.")


def _content_md5(content: bytes) -> str:
    """Return the one checksum that every S3 server holds against what it received (RFC 1864)."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def connect(address: BucketAddress, attempts: int = ATTEMPTS) -> S3Client:
    """Return boto3's client for a bucket's server; no request is made yet."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(
        "s3",
        endpoint_url=address.endpoint or None,
        region_name=address.region or ("us-east-1" if address.endpoint else None),
        aws_access_key_id=address.access_key.reveal() if address.access_key else None,
        aws_secret_access_key=address.secret_key.reveal() if address.secret_key else None,
        config=Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": attempts},
            s3={"addressing_style": "path" if address.path_style else "virtual", "payload_signing_enabled": True},
            # The signed SHA-256 says the same to every server; AWS's newer trailing checksums many refuse.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
