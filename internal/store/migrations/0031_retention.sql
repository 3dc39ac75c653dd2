-- Erasures by rule and at a subject's request, and what may not be erased for now.

-- A legal hold: while it lasts nothing of the subject, the import or the register is erased. kind: subject, import or register; ref: of the
-- first two. until_day: its last day. Rows are never deleted.
CREATE TABLE legal_hold (
  id           {int} PRIMARY KEY,
  kind         TEXT NOT NULL,
  ref          {int} NOT NULL,
  register     TEXT NOT NULL,
  reason       TEXT NOT NULL,
  until_day    TEXT NOT NULL,
  made         {int} NOT NULL,
  made_by      TEXT NOT NULL,
  ended        {int},
  ended_by     TEXT NOT NULL,
  ended_reason TEXT NOT NULL
) {strict};
CREATE INDEX legal_hold_open ON legal_hold (until_day) WHERE ended IS NULL;

-- What is to be erased for good, and what became of it. kind: rules (what is due on a day) or request (of a subject: subject and fields).
-- state: counted (nobody has asked for it), open, refused, withdrawn, approved, done. parts: SHA-256 over the parts, so that they are what
-- was approved. Of cells, erased were erased and kept were left. Rows are never deleted but those that were only counted.
CREATE TABLE erasure_plan (
  id         {int} PRIMARY KEY,
  kind       TEXT NOT NULL,
  subject    {int} NOT NULL,
  register   TEXT NOT NULL,
  fields     TEXT NOT NULL,
  day        TEXT NOT NULL,
  reason     TEXT NOT NULL,
  cells      {int} NOT NULL,
  parts      TEXT NOT NULL,
  state      TEXT NOT NULL,
  asked      {int} NOT NULL,
  asked_by   TEXT NOT NULL,
  asked_org  TEXT NOT NULL,
  decided    {int},
  decided_by TEXT NOT NULL,
  answer     TEXT NOT NULL,
  ended      {int},
  erased     {int} NOT NULL,
  kept       {int} NOT NULL
) {strict};
CREATE INDEX erasure_plan_state ON erasure_plan (state, id);
CREATE INDEX erasure_plan_subject ON erasure_plan (subject, id);

-- The cells of a plan: of each column of each import, and each rule. members: the records, as a Roaring bitmap of their numbers less first.
-- through: the last record that is done with.
CREATE TABLE erasure_part (
  plan      {int} NOT NULL,
  n         {int} NOT NULL,
  import_id {int} NOT NULL,
  register  TEXT NOT NULL,
  column_no {int} NOT NULL,
  attribute TEXT NOT NULL,
  rule      TEXT NOT NULL,
  first     {int} NOT NULL,
  cells     {int} NOT NULL,
  members   {blob} NOT NULL,
  through   {int} NOT NULL,
  erased    {int} NOT NULL,
  kept      {int} NOT NULL,
  PRIMARY KEY (plan, n)
) {strict};

-- What became of the original file of an import of which cells were erased. what: rewritten (without these cells; now: SHA-256 of the
-- rewritten file) or deleted. Rows are never deleted; the last one of an import counts.
CREATE TABLE original_change (
  id        {int} PRIMARY KEY,
  import_id {int} NOT NULL,
  plan      {int} NOT NULL,
  what      TEXT NOT NULL,
  was       TEXT NOT NULL,
  now       TEXT NOT NULL,
  at        {int} NOT NULL
) {strict};
CREATE INDEX original_change_import ON original_change (import_id, id);
