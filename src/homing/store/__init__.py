"""The ledger: tables, transactions, dialects, migrations. Rooms meet only here."""
