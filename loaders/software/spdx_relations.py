"""What each relationship of SPDX says about who depends on whom, in two tables.

SPDX 2.3, clause 11 (Relationships), and SPDX 3.0.1, RelationshipType. A pair (relation, way): with
FORWARD the element on the left depends on the one on the right, with BACK the other way round, with
BOTH each on the other. None: it states no dependency, and is dropped with a count. `contains` is
what a thing is built from, `runs` what has to be there when it is built or run; neither is hit by
an outage of the maker, both by a bad update or a compromise.
"""

from typing import TypeAlias

from knockon.loaders.assembling.rows import STANDS_FOR

FORWARD, BACK, BOTH = True, False, None
Meaning: TypeAlias = tuple[str, bool | None] | None

SPDX2: dict[str, Meaning] = {
    "DESCRIBES": None,
    "DESCRIBED_BY": None,
    "CONTAINS": ("contains", FORWARD),
    "CONTAINED_BY": ("contains", BACK),
    "DEPENDS_ON": ("contains", FORWARD),
    "DEPENDENCY_OF": ("contains", BACK),
    "DEPENDENCY_MANIFEST_OF": None,
    "BUILD_DEPENDENCY_OF": ("runs", BACK),
    "DEV_DEPENDENCY_OF": ("contains", BACK),  # neither is there at run time: SPARE
    "TEST_DEPENDENCY_OF": ("contains", BACK),
    "OPTIONAL_DEPENDENCY_OF": ("contains", BACK),
    "PROVIDED_DEPENDENCY_OF": ("runs", BACK),
    "RUNTIME_DEPENDENCY_OF": ("runs", BACK),
    "EXAMPLE_OF": None,
    "GENERATES": ("contains", BACK),
    "GENERATED_FROM": ("contains", FORWARD),
    "ANCESTOR_OF": ("contains", BACK),  # of a base image: what it holds, its descendants hold
    "DESCENDANT_OF": ("contains", FORWARD),
    "VARIANT_OF": (STANDS_FOR, BOTH),  # tools write it either way between an image and its index
    "DISTRIBUTION_ARTIFACT": None,
    "PATCH_FOR": None,  # it need not be applied
    "PATCH_APPLIED": ("contains", BACK),
    "COPY_OF": None,
    "FILE_ADDED": ("contains", BACK),
    "FILE_DELETED": None,
    "FILE_MODIFIED": None,
    "EXPANDED_FROM_ARCHIVE": ("contains", FORWARD),
    "DYNAMIC_LINK": ("contains", FORWARD),
    "STATIC_LINK": ("contains", FORWARD),
    "DATA_FILE_OF": ("contains", BACK),
    "TEST_CASE_OF": None,
    "BUILD_TOOL_OF": ("runs", BACK),
    "DEV_TOOL_OF": ("contains", BACK),
    "TEST_OF": None,
    "TEST_TOOL_OF": ("contains", BACK),
    "DOCUMENTATION_OF": None,
    "OPTIONAL_COMPONENT_OF": ("contains", BACK),
    "METAFILE_OF": None,
    "PACKAGE_OF": ("contains", BACK),
    "AMENDS": None,
    "PREREQUISITE_FOR": ("runs", BACK),
    "HAS_PREREQUISITE": ("runs", FORWARD),
    "REQUIREMENT_DESCRIPTION_FOR": None,
    "SPECIFICATION_FOR": None,
    "OTHER": None,
}
_NO_DEPENDENCY_3 = (
    "affects amendedBy availableFrom configures coordinatedBy copiedTo delegatedTo "
    "describes doesNotAffect exploitCreatedBy fixedBy fixedIn foundBy "
    "hasAssessmentFor hasAssociatedVulnerability hasConcludedLicense hasDeclaredLicense "
    "hasDeletedFile hasDependencyManifest hasDistributionArtifact hasDocumentation hasEvidence "
    "hasExample hasMetadata hasRequirement hasSpecification hasTest hasTestCase "
    "invokedBy modifiedBy other publishedBy reportedBy republishedBy serializedInArtifact "
    "testedOn underInvestigationFor"
)
SPDX3: dict[str, Meaning] = {
    "ancestorOf": ("contains", BACK),
    "descendantOf": ("contains", FORWARD),
    "hasVariant": (STANDS_FOR, FORWARD),
    "contains": ("contains", FORWARD),
    "dependsOn": ("contains", FORWARD),
    "expandsTo": ("contains", BACK),
    "generates": ("contains", BACK),
    "hasAddedFile": ("contains", FORWARD),
    "hasDataFile": ("contains", FORWARD),
    "hasDynamicLink": ("contains", FORWARD),
    "hasHost": ("hosted_on", FORWARD),
    "hasInput": ("contains", FORWARD),
    "hasOptionalComponent": ("contains", FORWARD),
    "hasOptionalDependency": ("contains", FORWARD),
    "hasOutput": ("contains", BACK),
    "hasPrerequisite": ("runs", FORWARD),
    "hasProvidedDependency": ("runs", FORWARD),
    "hasStaticLink": ("contains", FORWARD),
    "packagedBy": ("contains", BACK),
    "patchedBy": ("contains", FORWARD),
    "trainedOn": ("contains", FORWARD),  # poisoned data reach the model
    "usesTool": ("runs", FORWARD),
    **dict.fromkeys(_NO_DEPENDENCY_3.split()),
}
SCOPES: dict[str, Meaning] = {  # LifecycleScopedRelationship of SPDX 3, where it says `dependsOn`
    "build": ("runs", FORWARD),
    "runtime": ("runs", FORWARD),
    "design": None,
    "development": ("contains", FORWARD),
    "test": ("contains", FORWARD),
}
SPARE = ("DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF", "DEV_TOOL_OF", "TEST_TOOL_OF")
SPARE_SCOPES = ("development", "test")
"""What is not needed at run time (`spare`), by relationship, and by scope in SPDX 3."""

ASIDE = (
    "DEPENDENCY_MANIFEST_OF", "DOCUMENTATION_OF", "EXAMPLE_OF", "METAFILE_OF", "PATCH_FOR",
    "REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR", "TEST_CASE_OF", "TEST_OF",
    "hasDependencyManifest", "hasDocumentation", "hasExample", "hasMetadata", "hasRequirement",
    "hasSpecification", "hasTest", "hasTestCase",
)  # fmt: skip
"""Relationships that say of one end that it goes with the other and is no part of it: in SPDX 2 of
the left one, in SPDX 3 of the right one."""

FOLDS = ("CONTAINS", "CONTAINED_BY", "contains", "hasDistributionArtifact")
"""Relationships by which a file belongs to a package."""

KINDS = {  # primary purpose in small letters without marks -> kind; others are components
    "application": "application",
    "container": "container",
    "data": "data_store",
    "device": "device",
    "operatingsystem": "platform",
    "platform": "platform",
}


def spell(word: str) -> str:
    """`dynamicLink`, as RDF writes it, in the spelling of the other forms: `DYNAMIC_LINK`."""
    return "".join("_" + c if c.isupper() and i else c for i, c in enumerate(word)).upper()
