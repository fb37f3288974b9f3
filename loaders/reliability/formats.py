"""Formats of reliability models."""

from knockon.loaders.formats import Format

FORMATS = (
    Format(
        name="open_psa",
        what="Open-PSA model exchange format: fault trees",
        entities="each gate, basic event and house event; what fails several at once",
        dependencies="each gate on each of its inputs, by definition",
        groups="the inputs of `and` and `atleast`",
        export="SCRAM, OpenPRA, XFTA, RiskSpectrum and the Aralia fault trees write and publish it",
        sign="XML with root opsa-mef or open-psa",
        module="knockon.loaders.reliability.open_psa",
        matches=lambda source: source.xml_root[1] in ("opsa-mef", "open-psa"),
    ),
)
