-- Merges that were taken back are few among many: their list is read without the others.
CREATE INDEX merge_undone ON merge (register, id) WHERE undone_at IS NOT NULL;
