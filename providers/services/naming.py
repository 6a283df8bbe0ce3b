"""The names by which BSPs are found. `BspName.key` is unique: no name can come to mean two of them."""

from collections.abc import Iterable

from config.core.errors import Conflict
from providers.models import Bsp, BspName
from providers.rules.names import plain_name


class NameTaken(Conflict):
    """Another BSP of the directory has this name already. `extra`: `name` and the `bsp` that has it."""

    code = "illegal_transition"


def own_names(bsp: Bsp) -> dict[str, str]:
    """Return the names that an entry itself gives (slug, name, aliases) by the key they are compared by."""
    return {plain_name(text): text for text in (bsp.slug, *bsp.aliases, bsp.name) if plain_name(text)}


def taken_elsewhere(bsp: Bsp) -> tuple[str, Bsp] | None:
    """Return the first of an entry's names that another BSP has, with that BSP."""
    wanted = own_names(bsp)
    held = BspName.objects.select_related("bsp").filter(key__in=wanted).exclude(bsp_id=bsp.pk).order_by("key").first()
    return (wanted[held.key], held.bsp) if held else None


def write_names(bsps: Iterable[Bsp]) -> list[tuple[str, str]]:
    """Bring the names of saved entries in line with them, and return (slug, name) of those that another BSP keeps.

    What goes is taken away first, so that a name may wander from one entry to another. A learned name stays with the BSP
    that the desk gave it to.
    """
    wanted = {bsp.pk: own_names(bsp) for bsp in bsps}
    slugs = {bsp.pk: bsp.slug for bsp in bsps}
    rows: dict[str, BspName] = {row.key: row for row in BspName.objects.all()}
    gone = [
        row for row in rows.values() if not row.learned and row.bsp_id in wanted and row.key not in wanted[row.bsp_id]
    ]
    BspName.objects.filter(pk__in=[row.pk for row in gone]).delete()
    for row in gone:
        del rows[row.key]
    fresh: list[BspName] = []
    kept_elsewhere: list[tuple[str, str]] = []
    for bsp_id, names in wanted.items():
        for key, name in names.items():
            held = rows.get(key)
            if held is None:
                rows[key] = BspName(bsp_id=bsp_id, key=key, name=name)
                fresh.append(rows[key])
            elif held.bsp_id != bsp_id:
                kept_elsewhere.append((slugs[bsp_id], name))
            elif held.learned or held.name != name:
                BspName.objects.filter(pk=held.pk).update(name=name, learned=False)
    BspName.objects.bulk_create(fresh)
    return kept_elsewhere


def learn_name(bsp: Bsp, name: str) -> None:
    """Remember that this name means this BSP; one it is found by already changes nothing.

    :raises NameTaken: it means another BSP.
    """
    key = plain_name(name)
    if not key:
        return
    row, _made = BspName.objects.get_or_create(key=key, defaults={"bsp": bsp, "name": name.strip(), "learned": True})
    if row.bsp_id != bsp.pk:
        raise NameTaken(extra={"name": name, "bsp": row.bsp.name})
