-- What a person has to do with a case, beside what waits for him: began, did (something in it) or copied (was sent a copy). It follows
-- from the events. Copies that were sent before this table was made stand in it when something is next done in their case.
CREATE TABLE case_person (
  person  TEXT NOT NULL,
  how     TEXT NOT NULL,
  case_id {int} NOT NULL,
  PRIMARY KEY (person, how, case_id)
) {strict};
INSERT INTO case_person (person, how, case_id) SELECT person, 'began', case_id FROM case_event WHERE seq = 1;
INSERT INTO case_person (person, how, case_id) SELECT DISTINCT person, 'did', case_id FROM case_event WHERE seq > 1 AND person <> 'clock';
-- Lists by their last day, and by the day on which a case was begun.
CREATE INDEX matter_case_due ON matter_case (due, id) WHERE due <> '';
