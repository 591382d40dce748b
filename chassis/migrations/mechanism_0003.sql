-- Rows that do not pass a check that is not validated yet are moved to quarantined_rows; then all rows pass it. It reads
-- whole tables, and blocks neither readers nor writers.
DO $$
DECLARE bound record;
BEGIN
    FOR bound IN
        SELECT conrelid::regclass AS "table", conname, pg_get_expr(conbin, conrelid) AS condition
        FROM pg_constraint
        WHERE contype = 'c' AND NOT convalidated AND conname LIKE '%\_in\_bounds' AND connamespace = current_schema()::regnamespace
        ORDER BY conrelid::regclass::text, conname
    LOOP
        EXECUTE format(
            'WITH moved AS (DELETE FROM %s WHERE NOT (%s) RETURNING *) '
            'INSERT INTO quarantined_rows (table_name, content, reason, quarantined_at) '
            'SELECT %L, to_jsonb(moved), %L, now() FROM moved',
            bound."table", bound.condition, bound."table", bound.conname
        );
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', bound."table", bound.conname);
    END LOOP;
END $$;
