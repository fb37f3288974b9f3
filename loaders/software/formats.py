"""Software: bills of materials and package indexes."""

from knockon.loaders.formats import Format
from knockon.loaders.software.signs import (
    is_cyclonedx,
    is_debian,
    is_folder_of_boms,
    is_go_modules,
    is_npm_list,
    is_pip_tree,
    is_several,
    is_spdx,
)

FORMATS = (
    Format(
        name="wrapped_boms",
        what="Several bills of materials in one JSON file, or one on each line",
        entities="as of `cyclonedx` and `spdx`",
        dependencies="as of `cyclonedx` and `spdx`",
        export="`docker buildx imagetools inspect IMAGE --format '{{ json .SBOM }}'`, or "
        "`cosign download attestation IMAGE`",
        sign="JSON that holds several CycloneDX or SPDX documents",
        module="knockon.loaders.software.boms",
        matches=is_several,
        options=("strict",),
    ),
    Format(
        name="cyclonedx",
        what="CycloneDX bill of materials (SBOM, SaaSBOM, HBOM), JSON or XML",
        entities="components, services, their suppliers and providers",
        dependencies="root contains component, component contains component, "
        "anything uses service, supplied_by, operated_by",
        export="a build plug-in of cyclonedx.org, or `syft PATH -o cyclonedx-json`",
        sign="JSON with bomFormat CycloneDX, alone or inside other JSON, or XML with the root bom",
        module="knockon.loaders.software.cyclonedx",
        matches=is_cyclonedx,
        options=("strict",),
    ),
    Format(
        name="spdx",
        what="SPDX document 2.0 to 2.3 (JSON, YAML, XML, tag-value, RDF/XML), 3.0 (JSON-LD)",
        entities="packages, their suppliers; files that no package holds",
        dependencies="package contains or runs package, as its relationships say; supplied_by",
        export="a build plug-in, `syft PATH -o spdx-json`, or the dependency graph of a GitHub "
        "repository (Export SBOM, or GET /repos/OWNER/REPO/dependency-graph/sbom)",
        sign="spdxVersion or SPDXVersion, or JSON-LD with the context of SPDX 3, alone or inside "
        "other JSON",
        module="knockon.loaders.software.spdx",
        matches=is_spdx,
        options=("strict",),
    ),
    Format(
        name="debian",
        what="Debian package index, plain or compressed; a folder of them; dpkg's status",
        entities="packages",
        dependencies="a package runs another (Depends, Pre-Depends)",
        groups="alternatives `a | b`, and the packages that provide a virtual one",
        export="`apt-get indextargets` prints where they are; /var/lib/dpkg/status",
        sign="stanzas with Package, Version and Depends, or a folder with Packages files",
        module="knockon.loaders.software.debian",
        matches=is_debian,
    ),
    Format(
        name="go_modules",
        what="Go modules and what they require",
        entities="modules, each version one",
        dependencies="a module contains what it requires",
        export="`go mod graph`",
        sign="lines of two modules, such as `example.com/a@v1.0.0 example.com/b@v1.2.0`",
        module="knockon.loaders.software.go_modules",
        matches=is_go_modules,
    ),
    Format(
        name="npm_list",
        what="Installed packages of npm or pnpm",
        entities="projects and packages, each version one",
        dependencies="a project or package contains what it needs",
        export="`npm ls --all --json`, with `--long` to tell those for development; "
        "`pnpm list --json --depth Infinity`",
        sign="JSON with dependencies, an object of packages with version or resolved",
        module="knockon.loaders.software.npm_list",
        matches=is_npm_list,
    ),
    Format(
        name="pip_tree",
        what="Python packages of an environment",
        entities="packages, each version one",
        dependencies="a package contains what it needs",
        export="`pipdeptree --json` or `pipdeptree --json-tree`",
        sign="a JSON list of packages with package_name and dependencies",
        module="knockon.loaders.software.pip_tree",
        matches=is_pip_tree,
    ),
    Format(
        name="boms",
        what="A folder of bills of materials, and folders below it",
        entities="as of `cyclonedx` and `spdx`; what several BOMs hold is one",
        dependencies="as of `cyclonedx` and `spdx`",
        export="keep the BOMs of all products, packed or not, in one folder",
        sign="a folder in which some file is a CycloneDX or SPDX document",
        module="knockon.loaders.software.boms",
        matches=is_folder_of_boms,
        options=("strict",),
        general=True,
    ),
)
