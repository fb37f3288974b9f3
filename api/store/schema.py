"""The tables of a store, as the latest migration leaves them."""

import sqlalchemy as sa

HEAD = "0003"  # of migrations/versions
METADATA = sa.MetaData()
GRAPHS = sa.Table(
    "graphs", METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text), sa.Column("version", sa.Integer), sa.Column("digest", sa.String),
    sa.Column("title", sa.Text), sa.Column("entities", sa.Integer),
    sa.Column("dependencies", sa.Integer), sa.Column("report", sa.Text),
    sa.Column("sources", sa.Text), sa.Column("packed", sa.LargeBinary), sa.Column("who", sa.Text),
    sa.Column("program", sa.Text), sa.Column("created", sa.String),
)  # fmt: skip
SCENARIOS = sa.Table(
    "scenarios", METADATA,
    sa.Column("digest", sa.String, primary_key=True), sa.Column("body", sa.Text),
)  # fmt: skip
ANSWERS = sa.Table(
    "answers", METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String), sa.Column("graph", sa.Integer, sa.ForeignKey("graphs.number")),
    sa.Column("scenario", sa.String, sa.ForeignKey("scenarios.digest")),
    sa.Column("door", sa.String), sa.Column("question", sa.String), sa.Column("asked", sa.Text),
    sa.Column("title", sa.Text), sa.Column("media", sa.String), sa.Column("digest", sa.String),
    sa.Column("body", sa.LargeBinary), sa.Column("picture", sa.LargeBinary),
    sa.Column("seed", sa.BigInteger), sa.Column("who", sa.Text), sa.Column("program", sa.Text),
    sa.Column("created", sa.String),
)  # fmt: skip
SPELLS = sa.Table(
    "spells", METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("graph", sa.Text), sa.Column("source", sa.Text), sa.Column("entity", sa.Text),
    sa.Column("name", sa.Text), sa.Column("kind", sa.Text), sa.Column("severity", sa.Float),
    sa.Column("component", sa.Text), sa.Column("key", sa.Text), sa.Column("status", sa.Text),
    sa.Column("began", sa.String), sa.Column("ended", sa.String),
)  # fmt: skip
LETTERS = sa.Table(
    "letters", METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("receiver", sa.String), sa.Column("event", sa.String),
    sa.Column("body", sa.LargeBinary), sa.Column("created", sa.String),
)  # fmt: skip
