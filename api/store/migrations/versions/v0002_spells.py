"""What status pages reported as down, from when to when."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; of one source an entity has one spell that goes on."""
    op.create_table(
        "spells",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("graph", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Float, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("began", sa.String(32), nullable=False),
        sa.Column("ended", sa.String(32)),
    )
    op.create_index(
        "spells_that_go_on", "spells", ["graph", "source", "entity"], unique=True,
        sqlite_where=sa.text("ended IS NULL"), postgresql_where=sa.text("ended IS NULL"),
    )  # fmt: skip
    op.create_index("spells_of_graph", "spells", ["graph", "ended", "number"])


def downgrade() -> None:
    """Drop it, and all that it holds."""
    op.drop_table("spells")
