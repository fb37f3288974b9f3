"""Which columns are the ends: words that say their side, pairs, --map, constants, wide tables."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables


def csv(folder: Path, text: str, mapping: Mapping[str, str] | None = None, **more: str) -> Tables:
    (folder / "a.csv").write_text(text)
    return load_tables([folder / "a.csv"], mapping=mapping, **more)  # type: ignore[arg-type]


def edges(tables: Tables) -> set[tuple[str, str, str]]:
    return set(tables.dependencies.select("dependent", "provider", "relation").rows())


def notes(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


@pytest.mark.parametrize("provider", ["vendor", "Supplier", "ICT provider", "Upstream", "Vendors",
                                      "third-party service provider", "Subcontractor"])  # fmt: skip
@pytest.mark.parametrize("dependent", ["client", "Customer name", "Consumers", "Application"])
def test_words_say_their_side_wherever_they_stand(
    tmp_path: Path, dependent: str, provider: str
) -> None:
    """A vendor is a provider on the left and on the right of its client."""
    for text in (f"{dependent},{provider}\nd,p\n", f"{provider},{dependent}\np,d\n"):
        tables = csv(tmp_path, text)
        assert edges(tables) == {("d", "p", "uses")}
        assert f"{dependent!r} is taken as dependent, {provider!r} as provider" in notes(tables)


@pytest.mark.parametrize(
    ("heads", "known", "asked"),
    [
        ("vendor,contract", "--map 'vendor=provider'", "--map 'COLUMN=dependent'"),
        ("supplier,country", "--map 'supplier=provider'", "--map 'COLUMN=dependent'"),
        ("client,contract", "--map 'client=dependent'", "--map 'COLUMN=provider'"),
        ("this,that", "--map 'COLUMN=provider'", "--map 'COLUMN=dependent'"),
    ],
)
def test_a_hint_names_only_the_sides_that_are_known(
    tmp_path: Path, heads: str, known: str, asked: str
) -> None:
    """No column is proposed for an end that its word does not say."""
    with pytest.raises(InputError) as caught:
        csv(tmp_path, f"{heads}\nx,y\n")
    assert known in str(caught.value)
    assert asked in str(caught.value)
    for column in heads.split(","):
        assert f"'{column}=dependent'" not in str(caught.value).replace("'client=dependent'", "")


def test_the_hint_for_one_company_is_given(tmp_path: Path) -> None:
    """A list of vendors alone is the list of somebody."""
    with pytest.raises(InputError, match="or --company NAME, where all rows are of one company"):
        csv(tmp_path, "vendor,contract\nx,y\n")


@pytest.mark.parametrize(
    "said", [{"company": "Acme"}, {"mapping": {"dependent:": "Acme"}},
             {"mapping": {"dependent:": "Acme", "Vendor": "provider"}}]
)  # fmt: skip
def test_a_constant_stands_for_all_rows(tmp_path: Path, said: dict) -> None:
    """`--company Acme` and `--map dependent:=Acme` say whose list it is."""
    tables = csv(tmp_path, "Vendor,Purpose\nStripe,payments\nTwilio,mail\n", **said)
    assert edges(tables) == {("Acme", "Stripe", "uses"), ("Acme", "Twilio", "uses")}
    assert "note 2: each row is read as: 'Acme' depends on 'Vendor'" in notes(tables)


def test_a_constant_beside_a_column_of_the_same_is_a_fault(tmp_path: Path) -> None:
    """One of them must be wrong."""
    with pytest.raises(InputError, match="dependent is a column and a constant"):
        csv(tmp_path, "a,b\n1,2\n", {"dependent:": "x", "a": "dependent"})
    with pytest.raises(InputError, match="there is a column of it: 'dependent'"):
        csv(tmp_path, "dependent,provider\n1,2\n", company="x")


def test_other_constants_fill_their_column(tmp_path: Path) -> None:
    """`relation:=hosted_on` holds where a row says nothing else."""
    tables = csv(tmp_path, "from,to,relation\na,b,\na,c,runs\n", {"relation:": "hosted_on"})
    assert edges(tables) == {("a", "b", "hosted_on"), ("a", "c", "runs")}


def test_the_direction_is_told_with_a_mapping_too(tmp_path: Path) -> None:
    """What --map made of the columns stands in the report."""
    tables = csv(tmp_path, "x,y\na,b\n", {"x": "provider", "y": "dependent"})
    assert "note 1: each row is read as: 'y' depends on 'x'" in notes(tables)


WIDE = (
    "App,Hosting,CDN,Certificate authority,Owner\nShop,AWS,Akamai,,Ann\nWiki,AWS,,,Bob\nFax,,,,Cy\n"
)


def test_several_columns_of_providers(tmp_path: Path) -> None:
    """Each column of a wide table is a dependency, by the relation that its head says."""
    heads = ("Hosting", "CDN", "Certificate authority")
    tables = csv(tmp_path, WIDE, {"App": "dependent", **dict.fromkeys(heads, "provider")})
    assert edges(tables) == {
        ("Shop", "AWS", "hosted_on"), ("Shop", "Akamai", "delivered_by"),
        ("Wiki", "AWS", "hosted_on"),
    }  # fmt: skip
    assert set(tables.entities["id"]) == {"Shop", "Wiki", "Fax", "AWS", "Akamai"}
    assert "a row without a provider: its dependent is kept, without a dependency (Fax" in notes(
        tables
    )


def test_the_relation_of_a_column_of_providers_can_be_said(tmp_path: Path) -> None:
    """`--map Hosting=uses` takes the column as one of providers, by this relation."""
    tables = csv(tmp_path, WIDE, {"App": "dependent", "Hosting": "uses", "Owner": "operated_by"})
    assert ("Shop", "AWS", "uses") in edges(tables)
    assert ("Fax", "Cy", "operated_by") in edges(tables)


def test_columns_of_providers_that_are_not_read_are_told(tmp_path: Path) -> None:
    """What seems to state a dependency, and is not read as one, is named."""
    tables = csv(tmp_path, "App,Vendor,DNS,Cloud provider\nShop,Stripe,Route53,AWS\n",
                 {"App": "dependent", "Vendor": "provider"})  # fmt: skip
    told = notes(tables)
    assert "note 2: a column that seems to hold providers, too, and is not read as one" in told
    assert "--map 'DNS=provider' reads it" in told
    assert "--map 'Cloud provider=provider' reads it" in told


def test_of_several_keys_the_one_that_the_lists_name_is_taken(tmp_path: Path) -> None:
    """`depends_on` holds ids here, names there."""
    by_id = csv(tmp_path, "id,name,depends_on\n1,Shop,2\n2,Base,\n")
    assert edges(by_id) == {("1", "2", "uses")}
    by_name = csv(tmp_path, "id,name,depends_on\n1,Shop,Base\n2,Base,\n")
    assert edges(by_name) == {("Shop", "Base", "uses")}


def test_an_unknown_word_in_a_mapping(tmp_path: Path) -> None:
    """The nearest column or relation is told."""
    with pytest.raises(
        InputError, match="no column of ours is 'hosted_in'; did you mean 'hosted_on'"
    ):
        csv(tmp_path, "a,b\n1,2\n", {"a": "hosted_in"})


def test_a_column_of_dependents_beside_a_company_is_told(tmp_path: Path) -> None:
    """All rows are of one: who of its applications needs whom is not read, and said."""
    tables = csv(tmp_path, "Application,Vendor\nShop,Stripe\n", company="Acme")
    assert edges(tables) == {("Acme", "Stripe", "uses")}
    assert "note 1: a column that may hold dependents, and is not read: all rows are of one" in (
        notes(tables)
    )


@pytest.mark.parametrize("head", ["uses", "Consumes", "connectsTo"])
def test_a_verb_heads_providers_where_no_other_column_does(tmp_path: Path, head: str) -> None:
    """`service, uses`; beside a vendor it may be a purpose, and is told; a count is none."""
    assert edges(csv(tmp_path, f"service,{head}\nshop,db\n")) == {("shop", "db", "uses")}
    beside = csv(tmp_path, f"service,{head},vendor\nshop,payments,Stripe\n")
    assert edges(beside) == {("shop", "Stripe", "uses")}
    assert f"--map '{head}=provider' reads it" in notes(beside)
    with pytest.raises(InputError, match="expected columns 'dependent' and 'provider'"):
        csv(tmp_path, f"service,{head}\nshop,12\n")


def test_a_spare_provider_is_read_as_needed_and_said_to_be(tmp_path: Path) -> None:
    """Whether the spare takes over, no head can tell."""
    found = csv(tmp_path, "service,primary provider,backup provider\nshop,A,B\n")
    assert {e[:2] for e in edges(found)} == {("shop", "A"), ("shop", "B")}
    assert "a column of spare providers, by its head: read as needed" in notes(found)
    assert "spare" not in notes(csv(tmp_path, "service,provider,cdn provider\nshop,A,B\n"))
