-- Who is the representative of a subject (its 法定代表人), by his grant. basis: name (his name is that of the profile), document (something
-- else was shown) or owner (by the machine's owner, on generated data). was, named: SHA-256, with salt, of the representative's name in
-- the profile then (empty: none was known) and of his own. lapsed: when it was found that the profile names somebody else since. Rows
-- are never deleted.
CREATE TABLE legal_person (
  id       {int} PRIMARY KEY,
  subject  {int} NOT NULL,
  person   TEXT NOT NULL,
  grant_id {int} NOT NULL,
  basis    TEXT NOT NULL,
  document TEXT NOT NULL,
  salt     TEXT NOT NULL,
  was      TEXT NOT NULL,
  named    TEXT NOT NULL,
  made     {int} NOT NULL,
  made_by  TEXT NOT NULL,
  lapsed   {int},
  ended    {int},
  ended_by TEXT NOT NULL
) {strict};
CREATE INDEX legal_person_subject ON legal_person (subject, id);
CREATE INDEX legal_person_grant ON legal_person (grant_id);

-- What a representative has entrusted to the holder of another grant. matters: ids of the pack, separated by commas. Days are
-- 2026-11-30. accepted: by its person; NULL: not yet, and it gives nothing. Rows are never deleted.
CREATE TABLE mandate (
  id        {int} PRIMARY KEY,
  subject   {int} NOT NULL,
  position  {int} NOT NULL,
  person    TEXT NOT NULL,
  grant_id  {int} NOT NULL,
  matters   TEXT NOT NULL,
  from_day  TEXT NOT NULL,
  until_day TEXT NOT NULL,
  made      {int} NOT NULL,
  made_by   TEXT NOT NULL,
  accepted  {int},
  ended     {int},
  ended_by  TEXT NOT NULL
) {strict};
CREATE INDEX mandate_subject ON mandate (subject, id);
CREATE INDEX mandate_grant ON mandate (grant_id, until_day) WHERE ended IS NULL;
CREATE INDEX mandate_person ON mandate (person, id);
CREATE INDEX mandate_position ON mandate (position) WHERE ended IS NULL;

-- Who has an account of a subject.
CREATE INDEX person_grant_subject ON person_grant (subject, id) WHERE subject <> 0;
