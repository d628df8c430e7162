SELECT state FROM campaign WHERE id = :c
