"""Whose list it is, where the user says so."""

from pathlib import Path

import pytest

from knockon.loaders.merge import load_tables


def test_the_company_may_be_said(tmp_path: Path) -> None:
    """`--company` names the dependent; a column of companies says it for its own rows."""
    (tmp_path / "sub-processors.md").write_text("| Sub-processor |\n| --- |\n| Stripe |\n")
    tables = load_tables([tmp_path / "sub-processors.md"], company="Acme GmbH")
    assert tables.dependencies.select("dependent", "provider").rows() == [("Acme GmbH", "Stripe")]
    (tmp_path / "a.csv").write_text("Customer,Sub-processor\nShop,Stripe\n,Twilio\n")
    tables = load_tables([tmp_path / "a.csv"], company="Acme")
    assert set(tables.dependencies.select("dependent", "provider").rows()) == {
        ("Shop", "Stripe"), ("Acme", "Twilio")
    }  # fmt: skip


@pytest.mark.parametrize("heads", ["client,sub-processor", "sub-processor,client"])
def test_clients_are_companies(tmp_path: Path, heads: str) -> None:
    """A client beside its sub-processor is who needs it, with --map and without."""
    row = "Shop,Stripe" if heads.startswith("client") else "Stripe,Shop"
    (tmp_path / "a.csv").write_text(f"{heads}\n{row}\n")
    for mapping in (None, {"client": "dependent", "sub-processor": "provider"}):
        tables = load_tables([tmp_path / "a.csv"], mapping=mapping)
        assert tables.dependencies.select("dependent", "provider").rows() == [("Shop", "Stripe")]
