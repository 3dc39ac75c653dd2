-- Doubted values. A row stays when the value is mended (resolved_at) or found to be right (dismissed), so that what was
-- decided about it is remembered; the same value found again is the same row.
CREATE TABLE finding (
  subject_id  {int} NOT NULL,
  rule        TEXT NOT NULL,
  attribute   TEXT NOT NULL,
  year        {int} NOT NULL,
  register    TEXT NOT NULL,
  code        TEXT NOT NULL,
  name        TEXT NOT NULL,
  district    TEXT NOT NULL,
  value       TEXT NOT NULL,
  offer       TEXT NOT NULL, -- JSON; empty for none
  because     TEXT NOT NULL, -- JSON
  import_id   {int} NOT NULL,
  record_id   {int} NOT NULL,
  cell        TEXT NOT NULL,
  found_at    {int} NOT NULL,
  resolved_at {int},
  state       TEXT NOT NULL,
  assignee    TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL DEFAULT '',
  changed_at  {int} NOT NULL,
  changed_by  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (subject_id, rule, attribute, year)
) {strict};
CREATE INDEX finding_open ON finding (register, rule, import_id, district, state, assignee, subject_id, resolved_at) WHERE resolved_at IS NULL;
CREATE INDEX finding_district ON finding (register, district, subject_id) WHERE resolved_at IS NULL;
CREATE INDEX finding_name ON finding (register, name, subject_id) WHERE resolved_at IS NULL;

-- How far the search has come, by register: the change counter it has seen, and under which rules.
CREATE TABLE finding_pass (
  register    TEXT PRIMARY KEY,
  change      {int} NOT NULL,
  fingerprint TEXT NOT NULL,
  at          {int} NOT NULL
) {strict};
