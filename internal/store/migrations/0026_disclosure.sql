-- To whom data of subjects were disclosed.

-- Personal data of one subject that a person sees unmasked in one session until a time. Rows are never deleted. fields: ids of
-- attributes, separated by commas. What the person wrote about the purpose stands beside the entry of the log only.
CREATE TABLE unmasking (
  id       {int} PRIMARY KEY,
  subject  {int} NOT NULL,
  register TEXT NOT NULL,
  person   TEXT NOT NULL,
  role     TEXT NOT NULL,
  org      TEXT NOT NULL,
  session  TEXT NOT NULL,
  fields   TEXT NOT NULL,
  purpose  TEXT NOT NULL,
  began    {int} NOT NULL,
  ends     {int} NOT NULL,
  ended    {int}
) {strict};
CREATE INDEX unmasking_open ON unmasking (subject, person, session, ends);

-- Who looked at a subject on a day, for which organisation, and how often. what: page or unmask; purpose: of the latter.
CREATE TABLE look (
  subject {int} NOT NULL,
  day     TEXT NOT NULL,
  person  TEXT NOT NULL,
  role    TEXT NOT NULL,
  org     TEXT NOT NULL,
  what    TEXT NOT NULL,
  purpose TEXT NOT NULL,
  times   {int} NOT NULL,
  PRIMARY KEY (subject, day, person, role, org, what, purpose)
) {strict};

-- Files that were taken along. subject: the one that the file is about; 0: it is a list, whose subjects are in exported_part, a
-- row for each 65,536 numbers of subjects of which the list has any. members: their lower 16 bits as a Roaring bitmap.
CREATE TABLE exported (
  id       {int} PRIMARY KEY,
  at       {int} NOT NULL,
  person   TEXT NOT NULL,
  role     TEXT NOT NULL,
  org      TEXT NOT NULL,
  what     TEXT NOT NULL,
  purpose  TEXT NOT NULL,
  fields   TEXT NOT NULL,
  subject  {int} NOT NULL,
  subjects {int} NOT NULL
) {strict};
CREATE TABLE exported_part (
  block   {int} NOT NULL,
  export  {int} NOT NULL,
  members {blob} NOT NULL,
  PRIMARY KEY (block, export)
) {strict};
