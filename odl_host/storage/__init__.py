"""Where published files lie: content-addressed blobs, on a disk or on S3."""

from odl_host.storage.local import Blob, LocalStorage, Storage

__all__ = ["Blob", "LocalStorage", "Storage"]
