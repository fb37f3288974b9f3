"""Events for webhooks that have not been taken yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; a receiver has an event once."""
    op.create_table(
        "letters",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.String(32), nullable=False),
        sa.UniqueConstraint("receiver", "event"),
    )
    op.create_index("letters_of_receiver", "letters", ["receiver", "number"])


def downgrade() -> None:
    """Drop it, and all that it holds."""
    op.drop_table("letters")
