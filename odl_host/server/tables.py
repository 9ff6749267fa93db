"""The tables of one tenant's catalogue.

An object is kept as its JSON document, rendered once when it is written, beside the columns that queries need. A
reader then pays one indexed look-up and no conversion. Nothing here runs a statement.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

packages = sa.Table(
    "packages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("owner_org", sa.Text),
    sa.Column("creator_user_id", sa.Text),
    sa.Column("metadata_modified", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False, comment="number of the last change; what the search index follows"),
    sa.Column("doc", sa.Text, nullable=False, comment="JSON without resources, organization and groups"),
    sa.Index("packages_listed", "state", "private", "name"),
    sa.Index("packages_of_organization", "owner_org", "state", "private"),
    sa.Index("packages_of_creator", "creator_user_id"),
    sa.Index("packages_changed", "seq"),
)

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("package_id", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("blob", sa.Text, comment="SHA-256 of the stored file, when the resource is an upload"),
    sa.Column("blob_name", sa.Text, comment="file name in the download URL"),
    sa.Column("original", sa.Text, comment="SHA-256 of the file as it was sent, when it is kept beside"),
    sa.Column("original_name", sa.Text),
    sa.Column("doc", sa.Text, nullable=False, comment="JSON, complete; the site's address is a placeholder"),
    sa.Index("resources_of_package", "package_id", "position"),
)

groups = sa.Table(
    "groups",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("is_organization", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("doc", sa.Text, nullable=False, comment="JSON with extras, without counts, users and datasets"),
    sa.Column("summary", sa.Text, nullable=False, comment="JSON that a dataset shows of its organization or group"),
    sa.Index("groups_listed", "is_organization", "state", "title"),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("group_id", sa.Text, nullable=False),
    sa.Column("object_type", sa.Text, nullable=False, comment="user, package or group"),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("capacity", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("group_id", "object_type", "object_id"),
    sa.Index("members_of_object", "object_id", "object_type"),
)

package_tags = sa.Table(
    "package_tags",
    metadata,
    sa.Column("package_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("package_id", "name"),
    sa.Index("packages_of_tag", "name", "package_id"),
)

purged = sa.Table(
    "purged",
    metadata,
    sa.Column("package_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Index("purged_changed", "seq"),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("email", sa.Text),
    sa.Column("password_hash", sa.Text),
    sa.Column("sysadmin", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("last_active", sa.Text),
    sa.Column("fullname", sa.Text),
    sa.Column("about", sa.Text),
    sa.Column("image_url", sa.Text),
    sa.Index("users_by_email", "email"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True, comment="SHA-256 of the token; the token is not kept"),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("last_access", sa.Text),
    sa.Column("expires_at", sa.Text),
    sa.Index("tokens_of_user", "user_id"),
)

migrations = sa.Table(
    "migrations",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("applied_at", sa.Text, nullable=False),
)
