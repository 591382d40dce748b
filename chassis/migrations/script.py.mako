"""${message}"""

from alembic import op

revision = "${revision}"
down_revision = ${down_revision}
branch_labels = None
depends_on = None
% if concurrent:

# These statements block neither readers nor writers and have no time limit. They cannot be rolled back, and each may be
# run again: the revision contains nothing else.
STATEMENTS = (
% for each in statements:
    ${each},
% endfor
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        for each in STATEMENTS:
            op.execute(each)
% else:
% if statement_timeout == "0":

# These statements read whole tables, and block neither readers nor writers: they have no time limit.
% else:

% endif
STATEMENTS = """
% for each in statements:
${each.replace("\\", "\\\\")};
% endfor
"""


def upgrade() -> None:
% if statement_timeout != "0":
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
% endif
    op.execute("SET LOCAL lock_timeout = '${lock_timeout}'")
    op.execute("SET LOCAL statement_timeout = '${statement_timeout}'")
    op.execute(STATEMENTS)
% endif
