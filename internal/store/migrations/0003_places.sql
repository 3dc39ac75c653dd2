-- What people said about words of addresses that several districts share, or that nothing known explains: a phrase and
-- the district that it means. An answer is never overwritten; one that was taken back stays with when and by whom.
CREATE TABLE place_answer (
  id        {key},
  phrase    TEXT NOT NULL,
  org       TEXT NOT NULL,
  actor     TEXT NOT NULL,
  at        {int} NOT NULL,
  undone_at {int},
  undone_by TEXT NOT NULL DEFAULT ''
) {strict};
CREATE UNIQUE INDEX place_answer_phrase ON place_answer (phrase) WHERE undone_at IS NULL;

INSERT INTO counter (name, value) VALUES ('place_answer', 0);
