"""Where published files lie: content-addressed blobs, on a disk or on S3."""

from odl_host.storage.local import Blob, LocalStorage, Storage
from odl_host.storage.s3 import S3Storage

__all__ = ["Blob", "LocalStorage", "S3Storage", "Storage"]
