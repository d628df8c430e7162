"""Fixed statistics for SQLite's planner: a ledger in use, whatever the tables hold now.

Without them `UPDATE ... FROM json_each(...)` is planned from the guess that a campaign has ten rows: it walks the whole
campaign and scans the array for each row (7,676 us a message at 2,000 recipients; 90 us with them). Statistics of the
moment are no cure either: those of an empty table are the same trap. So they are written once and never gathered;
tests/store/test_plans.py holds every hot statement to its plan.
"""

# table, index, "rows, then how many rows share the first column, the first two, ..."
PRETENDED = (
    ("delivery", "delivery", "10000000 1000000 1"),
    ("delivery", "sqlite_autoindex_delivery_2", "10000000 1000000 1"),
    ("delivery", "ix_delivery_queued", "1000000 500000 1"),
    ("delivery", "ix_delivery_late", "100000 50000 4000 2 1"),
    ("delivery", "ix_delivery_held", "200 100 10 5"),
    ("delivery", "ix_delivery_troubled", "100000 5000 2000 1"),
    ("attempt", "attempt", "10000000 1000000 1 1"),
    ("contact", None, "1000000"),
    ("contact", "ix_contact_workspace_id_id", "1000000 500000 1"),
    ("contact", "ix_contact_refused", "10000 5000"),
    ("contact", "sqlite_autoindex_contact_2", "1000000 500000 1"),
    ("contact", "sqlite_autoindex_contact_3", "1000000 500000 1"),
    ("list_member", "list_member", "1000000 50000 1"),
    ("list_member", "ix_list_member_contact_id", "1000000 2"),
    ("suppression", "suppression", "100000 50000 50000 1"),
    ("campaign", None, "1000"),
    ("campaign_count", "campaign_count", "16000 16 1"),
    ("sender_usage", "sender_usage", "100000 10000 1"),
    ("lease", "lease", "500 400 1"),
)
