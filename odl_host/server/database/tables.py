"""The tables of one tenant's catalogue.

An object is kept as its JSON document, rendered once when it is written, beside the columns that queries need. A
reader then pays one indexed look-up and no conversion. Nothing here runs a statement.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text in the order of its code points on every engine."""

packages = sa.Table(
    "packages",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False, unique=True),
    sa.Column("title", Text, nullable=False),
    sa.Column("type", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("owner_org", Text),
    sa.Column("creator_user_id", Text),
    sa.Column("metadata_modified", Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False, comment="number of the last change; what the search index follows"),
    sa.Column("doc", Text, nullable=False, comment="JSON without resources, organization and groups"),
    sa.Index("packages_listed", "state", "private", "name"),
    sa.Index("packages_of_organization", "owner_org", "state", "private"),
    sa.Index("packages_of_creator", "creator_user_id"),
    sa.Index("packages_changed", "seq"),
)

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("package_id", Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("blob", Text, comment="SHA-256 of the stored file, when the resource is an upload"),
    sa.Column("blob_name", Text, comment="file name in the download URL"),
    sa.Column("original", Text, comment="SHA-256 of the file as it was sent, when it is kept beside"),
    sa.Column("original_name", Text),
    sa.Column("doc", Text, nullable=False, comment="JSON, complete; the site's address is a placeholder"),
    sa.Index("resources_of_package", "package_id", "position"),
)

resource_versions = sa.Table(
    "resource_versions",
    metadata,
    sa.Column("resource_id", Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, comment="counts from 1"),
    sa.Column("package_id", Text, nullable=False),
    sa.Column("created", Text, nullable=False),
    sa.Column("blob", Text, nullable=False, comment="SHA-256 of the stored file"),
    sa.Column("blob_name", Text, nullable=False),
    sa.Column("original", Text),
    sa.Column("original_name", Text),
    sa.Column("doc", Text, nullable=False, comment="JSON of the resource as it was with this file"),
    sa.PrimaryKeyConstraint("resource_id", "number"),
    sa.Index("versions_of_package", "package_id"),
)

groups = sa.Table(
    "groups",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False, unique=True),
    sa.Column("title", Text, nullable=False),
    sa.Column("type", Text, nullable=False),
    sa.Column("is_organization", sa.Boolean, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("created", Text, nullable=False),
    sa.Column("doc", Text, nullable=False, comment="JSON with extras, without counts, users and datasets"),
    sa.Column("summary", Text, nullable=False, comment="JSON that a dataset shows of its organization or group"),
    sa.Index("groups_listed", "is_organization", "state", "title"),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("group_id", Text, nullable=False),
    sa.Column("object_type", Text, nullable=False, comment="user, package or group"),
    sa.Column("object_id", Text, nullable=False),
    sa.Column("capacity", Text, nullable=False),
    sa.PrimaryKeyConstraint("group_id", "object_type", "object_id"),
    sa.Index("members_of_object", "object_id", "object_type"),
)

former_members = sa.Table(
    "former_members",
    metadata,
    sa.Column("group_id", Text, nullable=False),
    sa.Column("package_id", Text, nullable=False, comment="once in the group: its stream shows it when it is deleted"),
    sa.PrimaryKeyConstraint("group_id", "package_id"),
    sa.Index("former_members_of_package", "package_id"),
)

package_tags = sa.Table(
    "package_tags",
    metadata,
    sa.Column("package_id", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.PrimaryKeyConstraint("package_id", "name"),
    sa.Index("packages_of_tag", "name", "package_id"),
    sqlite_with_rowid=False,
)

purged = sa.Table(
    "purged",
    metadata,
    sa.Column("package_id", Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Index("purged_changed", "seq"),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False, unique=True),
    sa.Column("email", Text),
    sa.Column("password_hash", Text),
    sa.Column("sysadmin", sa.Boolean, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("created", Text, nullable=False),
    sa.Column("last_active", Text),
    sa.Column("fullname", Text),
    sa.Column("about", Text),
    sa.Column("image_url", Text),
    sa.Column("activity_emails", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("users_by_email", "email"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("user_id", Text, nullable=False),
    sa.Column("hash", Text, nullable=False, unique=True, comment="SHA-256 of the token; the token is not kept"),
    sa.Column("created_at", Text, nullable=False),
    sa.Column("last_access", Text),
    sa.Column("expires_at", Text),
    sa.Column("organization_id", Text, comment="the only organization in which it has rights"),
    sa.Index("tokens_of_user", "user_id"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", Text, primary_key=True, comment="SHA-256 of the cookie's token; the token is not kept"),
    sa.Column("user_id", Text, nullable=False),
    sa.Column("created_at", Text, nullable=False),
    sa.Column("expires_at", Text, nullable=False),
    sa.Index("sessions_of_user", "user_id"),
)

resource_views = sa.Table(
    "resource_views",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("resource_id", Text, nullable=False),
    sa.Column("package_id", Text, nullable=False),
    sa.Column("view_type", Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("doc", Text, nullable=False, comment="JSON: title, description and the view's own settings"),
    sa.Index("views_of_resource", "resource_id", "position"),
)

vocabularies = sa.Table(
    "vocabularies",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False, unique=True),
)

vocabulary_tags = sa.Table(
    "vocabulary_tags",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("vocabulary_id", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.UniqueConstraint("vocabulary_id", "name"),
)

package_vocabulary_tags = sa.Table(
    "package_vocabulary_tags",
    metadata,
    sa.Column("package_id", Text, nullable=False),
    sa.Column("tag_id", Text, nullable=False),
    sa.PrimaryKeyConstraint("package_id", "tag_id"),
    sa.Index("packages_of_vocabulary_tag", "tag_id", "package_id"),
)

followers = sa.Table(
    "followers",
    metadata,
    sa.Column("follower_id", Text, nullable=False),
    sa.Column("object_type", Text, nullable=False, comment="user, dataset or group (organizations too)"),
    sa.Column("object_id", Text, nullable=False),
    sa.Column("since", Text, nullable=False),
    sa.PrimaryKeyConstraint("follower_id", "object_type", "object_id"),
    sa.Index("followers_of_object", "object_id", "object_type"),
)

collaborators = sa.Table(
    "collaborators",
    metadata,
    sa.Column("package_id", Text, nullable=False),
    sa.Column("user_id", Text, nullable=False),
    sa.Column("capacity", Text, nullable=False, comment="admin, editor or member"),
    sa.Column("modified", Text, nullable=False),
    sa.PrimaryKeyConstraint("package_id", "user_id"),
    sa.Index("collaborations_of_user", "user_id"),
)

relationships = sa.Table(
    "relationships",
    metadata,
    sa.Column("subject_id", Text, nullable=False),
    sa.Column("object_id", Text, nullable=False),
    sa.Column("type", Text, nullable=False),
    sa.Column("id", Text, nullable=False),
    sa.Column("comment", Text, nullable=False),
    sa.PrimaryKeyConstraint("subject_id", "object_id", "type"),
    sa.Index("relationships_of_object", "object_id"),
)

task_statuses = sa.Table(
    "task_statuses",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("entity_id", Text, nullable=False),
    sa.Column("entity_type", Text, nullable=False),
    sa.Column("task_type", Text, nullable=False),
    sa.Column("key", Text, nullable=False),
    sa.Column("value", Text),
    sa.Column("state", Text),
    sa.Column("error", Text),
    sa.Column("last_updated", Text),
    sa.UniqueConstraint("entity_id", "task_type", "key"),
)

term_translations = sa.Table(
    "term_translations",
    metadata,
    sa.Column("term", Text, nullable=False),
    sa.Column("lang_code", Text, nullable=False),
    sa.Column("term_translation", Text, nullable=False),
    sa.PrimaryKeyConstraint("term", "lang_code"),
)

config_options = sa.Table(
    "config_options",
    metadata,
    sa.Column("key", Text, primary_key=True),
    sa.Column("value", Text, nullable=False),
)

activities = sa.Table(
    "activities",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("timestamp", Text, nullable=False),
    sa.Column("user_id", Text, nullable=False),
    sa.Column("object_id", Text, nullable=False),
    sa.Column("owner_org", Text, comment="of a dataset, so that its organization's stream finds it"),
    sa.Column("activity_type", Text, nullable=False),
    sa.Column("data", Text, nullable=False, comment="JSON: the object as the change left it"),
    sa.Column("labels", Text, comment="JSON: the labels of which a reader of a dataset's activity must hold one"),
    sa.Index("activities_of_object", "object_id", "timestamp"),
    sa.Index("activities_of_user", "user_id", "timestamp"),
    sa.Index("activities_of_organization", "owner_org", "timestamp"),
    sa.Index("activities_by_time", "timestamp"),
)

dashboards = sa.Table(
    "dashboards",
    metadata,
    sa.Column("user_id", Text, primary_key=True),
    sa.Column("seen_at", Text, nullable=False),
    sa.Column("emailed_at", Text, comment="when the user was last written to about activities"),
)

plugin_data = sa.Table(
    "plugin_data",
    metadata,
    sa.Column("object_type", Text, nullable=False, comment="package or user"),
    sa.Column("object_id", Text, nullable=False),
    sa.Column("doc", Text, nullable=False, comment="JSON: what programs keep beside an object, by program"),
    sa.PrimaryKeyConstraint("object_type", "object_id"),
)

images = sa.Table(
    "images",
    metadata,
    sa.Column("folder", Text, nullable=False, comment="group or user, as in the image's address"),
    sa.Column("name", Text, nullable=False),
    sa.Column("blob", Text, nullable=False, comment="SHA-256 of the stored file"),
    sa.PrimaryKeyConstraint("folder", "name"),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False, comment="what people call it; several may have the same one"),
    sa.Column("location", Text, nullable=False, comment="made from its first name, and kept"),
    sa.Column("storage", Text, nullable=False, comment="one of those that the manifest names"),
    sa.Column("content_type", Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes"),
    sa.Column("blob", Text, nullable=False, comment="SHA-256 of the stored file"),
    sa.Column("created", Text, nullable=False),
    sa.Column("owner_type", Text, nullable=False, comment="user, package, resource, group, organization or any word"),
    sa.Column("owner_id", Text, nullable=False, comment="as it was sent: nothing says that it exists"),
    sa.Column("pinned", sa.Boolean, nullable=False),
    sa.Index("file_of_location", "storage", "location", unique=True),
    sa.Index("files_of_owner", "owner_type", "owner_id"),
    comment="Files that belong to somebody or something without being a resource's",
)

datastore_aliases = sa.Table(
    "datastore_aliases",
    metadata,
    sa.Column("alias", Text, primary_key=True),
    sa.Column("resource_id", Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Index("aliases_of_resource", "resource_id", "position"),
)

migrations = sa.Table(
    "migrations",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("applied_at", Text, nullable=False),
)
