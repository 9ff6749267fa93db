"""What is published beside what may be, as `status` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from odl_host.catalogue.members import HeldMember
    from odl_host.ckan import PackageDict
    from odl_host.cli.app import App
    from odl_host.tenants import Quotas


def usage(quotas: Quotas, members: list[HeldMember], datasets: list[PackageDict]) -> dict[str, Any]:
    """Return what is published beside what may be: by the tenant, and by each member that publishes or has a limit."""
    from odl_host.pipeline.plans.quotas import Usage, count_usage, limits_of

    used = count_usage(datasets)
    entries = []
    for member in members:
        of_member, limits = used.get(member.id, Usage()), limits_of(quotas, member)
        if of_member.files:
            entries.append(
                {
                    "member": member.name,
                    "files": of_member.files,
                    "size_bytes": of_member.size_bytes,
                    "max_files": limits.files or None,
                    "max_mb": limits.mb or None,
                    "max_file_mb": limits.file_mb or None,
                }
            )
    return {
        "files": sum(one.files for one in used.values()),
        "size_bytes": sum(one.size_bytes for one in used.values()),
        "max_files": quotas.tenant_files or None,
        "max_mb": quotas.tenant_mb or None,
        "members": entries,
    }


def usage_lines(app: App, used: dict[str, Any]) -> list[str]:
    """Return the tenant's use, and the members that have used most of their quota."""
    lines = [app.out.words("Published: ", "Publié : ") + _used(app, used)]
    lines += [f"  {entry['member']}: {_used(app, entry)}" for entry in used["members"] if _is_nearly_full(entry)]
    return lines


def _used(app: App, entry: dict[str, Any]) -> str:
    of = app.out.words("of", "sur")
    files = f" {of} {entry['max_files']}" if entry["max_files"] else ""
    size = f" {of} {entry['max_mb']}" if entry["max_mb"] else ""
    noun = "fichier" if entry["files"] < 2 and not files else "fichiers"
    shown = f"{entry['size_bytes'] / 1e6:.1f}{size}"
    return app.out.words(
        f"{entry['files']}{files} file{'s' if files or entry['files'] != 1 else ''}, {shown} MB",
        f"{entry['files']}{files} {noun}, {shown.replace('.', ',')} Mo",
    )


def _is_nearly_full(entry: dict[str, Any], share: float = 0.8) -> bool:
    return any(
        most and used >= share * most
        for used, most in ((entry["files"], entry["max_files"]), (entry["size_bytes"] / 1e6, entry["max_mb"]))
    )
