-- By which keys values of the highest class are sealed; the keys themselves stand in no database. One is current: by it new
-- values are sealed. Of no base but one whose values were sealed, there is a row.
CREATE TABLE cipher_key (
  id      TEXT PRIMARY KEY,
  current {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX cipher_key_current ON cipher_key (current) WHERE current = 1;

-- Identity numbers in profiles, as keyed hashes, so that who has the right finds a subject by its number.
CREATE TABLE number_mark (
  mark       {blob} NOT NULL,
  subject_id {int} NOT NULL,
  PRIMARY KEY (mark, subject_id)
) {strict};
CREATE INDEX number_mark_subject ON number_mark (subject_id);
