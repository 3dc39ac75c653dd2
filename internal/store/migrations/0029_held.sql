-- Subjects that somebody brought who does not see the subject that his row is about. Such a subject is kept apart by a mark in the code
-- and the name key of its profile (fact.Held), and its owner is asked. Rows are never deleted; the profile tells how it stands.
CREATE TABLE held (
  subject  {int} PRIMARY KEY,
  register TEXT NOT NULL
) {strict};
CREATE INDEX held_register ON held (register, subject);

-- What owners answered, the last answer for each held subject. owner: the subject that the rows are about; 0: none. merge: the merge
-- that taking them made; 0: none. Rows are never deleted.
CREATE TABLE held_answer (
  subject    {int} PRIMARY KEY,
  register   TEXT NOT NULL,
  org        TEXT NOT NULL,
  owner      {int} NOT NULL,
  state      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  merge_id   {int} NOT NULL,
  decided    {int} NOT NULL,
  decided_by TEXT NOT NULL
) {strict};
CREATE INDEX held_answer_decided ON held_answer (decided, subject);
