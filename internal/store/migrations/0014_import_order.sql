-- The large texts of an import come last: SQLite reads a row from its beginning, and what lies behind a list of refusals
-- of megabytes costs reading all of it. Whoever reads one record reads the import that it came with.
CREATE TABLE import_new (
  id            {key},
  register      TEXT NOT NULL,
  file          TEXT NOT NULL,
  sha256        TEXT NOT NULL,
  size          {int} NOT NULL,
  actor         TEXT NOT NULL,
  at            {int} NOT NULL,
  undone_at     {int},
  undone_by     TEXT NOT NULL DEFAULT '',
  synthetic     {int} NOT NULL,
  first_record  {int} NOT NULL,
  last_record   {int} NOT NULL,
  row_count     {int} NOT NULL,
  accepted      {int} NOT NULL,
  unchanged     {int} NOT NULL,
  refused       {int} NOT NULL,
  refusal_count {int} NOT NULL,
  warning_count {int} NOT NULL,
  source        TEXT NOT NULL DEFAULT '',
  as_of         {int},
  whole         TEXT NOT NULL DEFAULT '',
  form          TEXT NOT NULL DEFAULT '',
  reason        TEXT NOT NULL DEFAULT '',
  seal          {int},
  options       TEXT NOT NULL,
  layouts       TEXT NOT NULL,
  lists         TEXT NOT NULL
) {strict};
INSERT INTO import_new (id, register, file, sha256, size, actor, at, undone_at, undone_by, synthetic, first_record, last_record, row_count, accepted, unchanged,
    refused, refusal_count, warning_count, source, as_of, whole, form, reason, seal, options, layouts, lists)
  SELECT id, register, file, sha256, size, actor, at, undone_at, undone_by, synthetic, first_record, last_record, row_count, accepted, unchanged,
    refused, refusal_count, warning_count, source, as_of, whole, form, reason, seal, options, layouts, lists FROM import;
DROP TABLE import;
ALTER TABLE import_new RENAME TO import;
CREATE INDEX import_content ON import (register, sha256);
CREATE INDEX import_whole ON import (register) WHERE whole <> '';
CREATE INDEX import_file ON import (id) WHERE form = '';
CREATE INDEX import_bytes ON import (sha256);
