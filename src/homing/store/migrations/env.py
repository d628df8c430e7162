"""Alembic's entry: runs the revisions on the connection that store/migrate.py hands over."""

from alembic import context

from homing.store import cloud_tables, import_tables, template_tables  # noqa: F401 - their tables join the same metadata
from homing.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
