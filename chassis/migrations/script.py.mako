"""${message}"""

from alembic import op

revision = "${revision}"
down_revision = ${down_revision}
branch_labels = None
depends_on = None
% if concurrent:

# None of these keeps out who reads or writes, so none has a time limit. None can be rolled back, and each may be run
# again: the revision contains nothing else.
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

STATEMENTS = """
% for each in statements:
${each.replace("\\", "\\\\")};
% endfor
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '${lock_timeout}'")
    op.execute("SET LOCAL statement_timeout = '${statement_timeout}'")
    op.execute(STATEMENTS)
% endif
