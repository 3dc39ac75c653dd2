-- The base. One row per source record, one per link, one per subject's profile: not one per value, which
-- would be ninety million rows for a million enterprises. Times are milliseconds since 1970-01-01 UTC.
--
-- The three large tables carry no foreign keys: every id comes from a counter inside the same transaction,
-- and a check per row would be a third of an import's time. The suite in storetest checks what they would.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) {strict};

-- Ids and the change counter. Every writing transaction begins by updating 'write', which makes writers queue
-- up on both databases.
CREATE TABLE counter (
  name  TEXT PRIMARY KEY,
  value {int} NOT NULL
) {strict};

INSERT INTO counter (name, value) VALUES
  ('write', 0), ('import', 0), ('record', 0), ('subject', 0), ('change', 0);

-- The number under which an attribute stands in stored profiles; never changed or used again, whatever
-- becomes of the pack.
CREATE TABLE attribute (
  register TEXT NOT NULL,
  id       TEXT NOT NULL,
  number   {int} NOT NULL,
  PRIMARY KEY (register, id),
  UNIQUE (register, number)
) {strict};

CREATE TABLE import (
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
  options       TEXT NOT NULL,
  layouts       TEXT NOT NULL,
  lists         TEXT NOT NULL
) {strict};
CREATE INDEX import_content ON import (register, sha256);

-- A source record: a row of a file as it came. reason is filled when it was refused.
CREATE TABLE record (
  id        {key},
  import_id {int} NOT NULL,
  sheet     {int} NOT NULL,
  row_no    {int} NOT NULL,
  cells     {blob} NOT NULL,
  reason    TEXT
) {strict};
CREATE INDEX record_refused ON record (import_id) WHERE reason IS NOT NULL;

CREATE TABLE link (
  record_id  {key},
  subject_id {int} NOT NULL,
  how        TEXT NOT NULL,
  evidence   TEXT NOT NULL
) {strict};
CREATE INDEX link_subject ON link (subject_id);

-- Registers have numbers because every profile, and two entries of indexes for each, say their register.
CREATE TABLE register (
  number {key},
  id     TEXT NOT NULL UNIQUE
) {strict};

-- Derived: can be made again from records and links at any time.
CREATE TABLE profile (
  subject_id {key},
  register   {int} NOT NULL,
  code       TEXT NOT NULL,
  name       TEXT NOT NULL,
  name_key   TEXT NOT NULL,
  facts      {blob} NOT NULL,
  gone       {int} NOT NULL,
  change     {int} NOT NULL
) {strict};

-- An import tells subjects apart by the first three, without reading profiles. They are kept small: rows come in any
-- order of codes and names, so an import of a million stays fast as long as these indexes stay in memory.
CREATE UNIQUE INDEX profile_code ON profile (register, code) WHERE code <> '';
CREATE INDEX profile_name ON profile (register, name_key) WHERE gone = 0;
CREATE INDEX profile_gone ON profile (register, name_key) WHERE gone <> 0 AND code = '';
CREATE INDEX profile_change ON profile (change);

CREATE TABLE mapping (
  header TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  actor  TEXT NOT NULL,
  at     {int} NOT NULL
) {strict};

CREATE TABLE audit_entry (
  seq       {key},
  at        {int} NOT NULL,
  actor     TEXT NOT NULL,
  action    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  detail    TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash      TEXT NOT NULL
) {strict};
