"""The first tables: versions of graphs, scenarios, answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "graphs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("entities", sa.Integer, nullable=False),
        sa.Column("dependencies", sa.Integer, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("packed", sa.LargeBinary),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("program", sa.Text, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.UniqueConstraint("name", "digest"),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_table(
        "scenarios",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("graph", sa.Integer, sa.ForeignKey("graphs.number"), nullable=False),
        sa.Column("scenario", sa.String(64), sa.ForeignKey("scenarios.digest"), nullable=False),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("question", sa.String(32), nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("media", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("picture", sa.LargeBinary),
        sa.Column("seed", sa.BigInteger),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("program", sa.Text, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
    )
    op.create_index("answers_of_graph", "answers", ["graph", "number"])


def downgrade() -> None:
    """Drop them, and all that they hold."""
    op.drop_table("answers")
    op.drop_table("scenarios")
    op.drop_table("graphs")
