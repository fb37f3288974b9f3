"""What runs where, as tools and platforms tell it: Compose, Kubernetes, Backstage, Terraform.

Beside them `traces` (who was seen to call whom), `status` (what providers say of themselves) and
`databases` (by a query). Words: the estate is all resources of a Terraform configuration; a
manifest is one object of Kubernetes; a project is what a set of Compose files makes together. All
readers gather into `assembling/gather.py`; read `compose.py` first.
"""
