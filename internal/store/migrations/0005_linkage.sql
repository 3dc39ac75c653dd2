-- Sources, merges and the questions of linkage.

ALTER TABLE import ADD COLUMN source TEXT NOT NULL DEFAULT '';
-- The day that the file speaks of, as days since 1970-01-01; NULL when it was not said.
ALTER TABLE import ADD COLUMN as_of {int};
-- Yes/no attributes of which the file is the whole list, divided by commas.
ALTER TABLE import ADD COLUMN whole TEXT NOT NULL DEFAULT '';
-- Filled when the record was entered by hand: what form it was and why.
ALTER TABLE import ADD COLUMN form TEXT NOT NULL DEFAULT '';
ALTER TABLE import ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX import_whole ON import (register) WHERE whole <> '';
CREATE INDEX import_file ON import (id) WHERE form = '';

-- The subject that the row itself names, where another one has it since two subjects were merged; 0: the same.
ALTER TABLE link ADD COLUMN origin {int} NOT NULL DEFAULT 0;
-- Deriving reads these for every record: so they are read from the index alone.
DROP INDEX link_subject;
CREATE INDEX link_subject ON link (subject_id, origin, how);
CREATE INDEX link_origin ON link (origin) WHERE origin <> 0;

-- The numbers under which sources stand in stored profiles.
CREATE TABLE source (
  id     TEXT PRIMARY KEY,
  number {int} NOT NULL UNIQUE
) {strict};

-- Two subjects that turned out to be one: all records of from_subject count for into_subject while it stands.
CREATE TABLE merge (
  id           {key},
  register     TEXT NOT NULL,
  from_subject {int} NOT NULL,
  into_subject {int} NOT NULL,
  at           {int} NOT NULL,
  actor        TEXT NOT NULL,
  how          TEXT NOT NULL,
  evidence     TEXT NOT NULL,
  reason       TEXT NOT NULL,
  undone_at    {int},
  undone_by    TEXT NOT NULL DEFAULT ''
) {strict};
-- A merged subject is still known by its name.
CREATE INDEX profile_merged ON profile (register, name_key) WHERE gone <> 0 AND code <> '';
CREATE INDEX merge_from ON merge (from_subject);
CREATE INDEX merge_into ON merge (into_subject);
CREATE INDEX merge_register ON merge (register, id);

-- A record that a person moved to another subject.
CREATE TABLE relink (
  id           {key},
  record_id    {int} NOT NULL,
  from_subject {int} NOT NULL,
  into_subject {int} NOT NULL,
  from_how     TEXT NOT NULL,
  at           {int} NOT NULL,
  actor        TEXT NOT NULL,
  reason       TEXT NOT NULL,
  undone_at    {int},
  undone_by    TEXT NOT NULL DEFAULT ''
) {strict};
CREATE INDEX relink_record ON relink (record_id);
CREATE INDEX relink_from ON relink (from_subject);
CREATE INDEX relink_into ON relink (into_subject);

-- Whether a subject is the same as another: asked by linkage, answered by people. weight is in thousandths of a bit.
CREATE TABLE question (
  id         {key},
  register   TEXT NOT NULL,
  subject    {int} NOT NULL,
  candidate  {int} NOT NULL,
  weight     {int} NOT NULL,
  evidence   TEXT NOT NULL,
  raised_at  {int} NOT NULL,
  state      TEXT NOT NULL,
  decided_at {int},
  decided_by TEXT NOT NULL DEFAULT '',
  reason     TEXT NOT NULL DEFAULT '',
  merge_id   {int} NOT NULL DEFAULT 0,
  UNIQUE (subject, candidate)
) {strict};
CREATE INDEX question_state ON question (register, state, weight, id);
CREATE INDEX question_candidate ON question (candidate);

INSERT INTO counter (name, value) VALUES ('merge', 0), ('relink', 0), ('question', 0), ('reread', 0);
