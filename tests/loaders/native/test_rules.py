"""A user's own table of modes takes the place of the shipped one."""

from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.graph.scenario import modes
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.loaders.native.rules import read_rules


def test_the_shipped_table_reads_as_a_users_own() -> None:
    """What ships is an example of what may be given."""
    assert read_rules(Path(modes.__file__).parent / "rules.csv") == load_shipped_rules()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "mode,relation\na,b\n",
            "rules.csv: rules need a column 'becomes'; found 'mode', 'relation'",
        ),
        ("mode,relation,becomes\n", "rules.csv: expected at least one rule"),
        ("mode,relation,becomes\na,uses,\n", "rules.csv:2: becomes: expected a word, got nothing"),
        (
            "mode,relation,becomes\noutage,uses,outgae\n",
            "rules.csv:2: no rule says what 'outgae' crosses; did you mean 'outage'?",
        ),
        (
            "mode,relation,becomes\na,uses,a\nb,uses,a\na,uses,b\n",
            "a across uses becomes both a and b",
        ),
    ],
)
def test_faults_say_where_they_are(tmp_path: Path, text: str, message: str) -> None:
    """Every fault of the table is one clear error."""
    (tmp_path / "rules.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_rules(tmp_path / "rules.csv")
    assert message in str(caught.value)
