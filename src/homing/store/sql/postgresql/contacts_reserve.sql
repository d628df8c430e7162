-- As many ids as :n that no contact has or ever had, in order.
SELECT nextval(pg_get_serial_sequence('contact', 'id')) FROM generate_series(1, :n::int)
