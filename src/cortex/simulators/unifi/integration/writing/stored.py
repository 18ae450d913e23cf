"""Writes what is stored as it is sent: ACL rules and traffic matching lists.

The private APIs keep these in shapes of their own; here they live apart from those.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from cortex.simulators.unifi.integration import properties
from cortex.simulators.unifi.integration.answers import Created, Listing, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views.configuration import document_id, origin
from cortex.simulators.unifi.integration.writing.bodies import Name, read
from cortex.simulators.unifi.world.effects import configuration as documents
from cortex.simulators.unifi.world.records import Record


class AclDraft(msgspec.Struct, frozen=True):
    """What every ACL rule must say."""

    type: Literal["IPV4", "MAC"]
    enabled: bool
    name: Name
    action: Literal["ALLOW", "BLOCK"]


class ListDraft(msgspec.Struct, frozen=True):
    """What every matching list must say."""

    type: Literal["PORTS", "IPV4_ADDRESSES", "IPV6_ADDRESSES"]
    name: Name
    items: tuple[dict[str, Any], ...]


class AclOrder(msgspec.Struct, frozen=True, rename="camel"):
    """All ACL rules in their order."""

    ordered_acl_rule_ids: tuple[str, ...]


class Stored:
    """The operations on one kind of document."""

    def __init__(
        self, kind: str, shape: type[msgspec.Struct], known: properties.Properties
    ) -> None:
        self._kind = kind
        self._table = f"integration-{kind}"
        self._shape = shape
        self._properties = known

    def everything(self, call: Call) -> Listing:
        """List the documents in their order."""
        return Listing(self.ordered(call), self._entry, self._properties)

    def one(self, call: Call) -> Record:
        """Tell one document."""
        return self._entry(self._find(call))

    def create(self, call: Call) -> Created:
        """Store a document after the others."""
        read(call, self._shape)
        last = max((each["index"] for each in self.ordered(call)), default=-1)
        wanted = {"content": _content(call.body), "index": last + 1, "name": call.body["name"]}
        site = call.site()
        document = documents.create(site, self._table, wanted, now=call.now, by=call.by)
        return Created(self._entry(document))

    def update(self, call: Call) -> Record:
        """Store a document in the place of another."""
        read(call, self._shape)
        document = self._find(call)
        changed = {**document, "content": _content(call.body), "name": call.body["name"]}
        key = document["_id"]
        stored = documents.replace(
            call.site(), self._table, key, document=changed, now=call.now, by=call.by
        )
        return self._entry(stored)

    def delete(self, call: Call) -> None:
        """Remove a document."""
        key = self._find(call)["_id"]
        documents.delete(call.site(), self._table, key, now=call.now, by=call.by)

    def ordered(self, call: Call) -> list[Record]:
        """Return the documents in their order."""
        return sorted(call.site().table(self._table).values(), key=lambda each: each["index"])

    def id_of(self, document: Record) -> str:
        """Return the UUID of a document."""
        return document_id(self._kind, document)

    def _find(self, call: Call) -> Record:
        return call.document(self._kind, call.site().table(self._table).values())

    def _entry(self, document: Record) -> Record:
        entry = {"id": self.id_of(document), **document["content"]}
        if self._shape is AclDraft:
            entry |= {"index": document["index"], "metadata": origin()}
        return entry


def _content(body: Mapping[str, Any]) -> Record:
    return {name: value for name, value in body.items() if name not in {"id", "index", "metadata"}}


ACL_RULES: Final = Stored("rule", AclDraft, properties.ACL_RULES)
MATCHING_LISTS: Final = Stored("list", ListDraft, properties.MATCHING_LISTS)


def acl_ordering(call: Call) -> Record:
    """Tell the order of the ACL rules."""
    return {"orderedAclRuleIds": [ACL_RULES.id_of(each) for each in ACL_RULES.ordered(call)]}


def order_acl_rules(call: Call) -> Record:
    """Put the ACL rules in another order."""
    wanted = read(call, AclOrder).ordered_acl_rule_ids
    rules = {ACL_RULES.id_of(each): each for each in ACL_RULES.ordered(call)}
    if sorted(wanted) != sorted(rules):
        refuse("the order must name every ACL rule once")
    for index, key in enumerate(wanted):
        rules[key]["index"] = index
    return acl_ordering(call)
