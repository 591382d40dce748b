ALTER TABLE import_errors ADD COLUMN "column" TEXT;
ALTER TABLE import_errors ADD COLUMN value TEXT;
ALTER TABLE import_errors ADD COLUMN last_line INTEGER;
