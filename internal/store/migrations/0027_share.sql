-- What a subject may be seen by, besides where it lies: a consent of the subject to a receiver (such as a bank), or an assignment to a
-- person (such as an expert). kind: consent or assignment. Days are 2026-11-30. Rows are never deleted.
CREATE TABLE share (
  id       {int} PRIMARY KEY,
  kind     TEXT NOT NULL,
  subject  {int} NOT NULL,
  receiver {int} NOT NULL,
  person   TEXT NOT NULL,
  purpose  TEXT NOT NULL,
  from_day  TEXT NOT NULL,
  until_day TEXT NOT NULL,
  made     {int} NOT NULL,
  made_by  TEXT NOT NULL,
  ended    {int},
  ended_by TEXT NOT NULL
) {strict};
CREATE INDEX share_subject ON share (subject, id);
CREATE INDEX share_held ON share (kind, receiver, person, until_day) WHERE ended IS NULL;
