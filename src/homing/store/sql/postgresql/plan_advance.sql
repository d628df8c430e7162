-- The planner's fence: 0 rows changed means that another planner is ahead, or that the campaign is not planned any more.
UPDATE campaign
   SET planned_through = :new, plan_cursor = :cursor, planned_at = CASE WHEN :last THEN :now ELSE planned_at END
 WHERE id = :c AND planned_through = :old AND plan_cursor = :old_cursor AND planned_at IS NULL
   AND state IN ('sending', 'paused')
   AND EXISTS (SELECT 1 FROM lease WHERE kind = 'plan' AND key = (:c::bigint)::text AND owner = :worker AND epoch = :epoch FOR SHARE)
