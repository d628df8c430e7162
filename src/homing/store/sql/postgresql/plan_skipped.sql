SELECT count(*) FROM delivery WHERE campaign_id = :c AND seq > :base AND seq <= :top AND state = 'skipped'
