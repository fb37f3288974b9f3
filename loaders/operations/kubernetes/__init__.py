"""Kubernetes manifests: what stands in the files becomes workloads, Services and what they name.

Read `reader` first. `manifests` finds the objects, `owners` makes one workload of what owns each
other, `pods` reads what a template of pods names, `services` what stands behind a name,
`routes` what leads to a Service, `hosts` what an address means; `cluster` holds it together.
"""
