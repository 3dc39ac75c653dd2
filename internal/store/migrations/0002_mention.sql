-- Whom records name. A record of an enterprise names its carrier, one of a person the unit where that works: a row
-- for each, by code and name as they were understood then, so that the page of the one that is named can list those
-- that name it. The row counts while the import of its record is in force.
CREATE TABLE relation (
  number   {key},
  register TEXT NOT NULL,
  id       TEXT NOT NULL, -- empty: the record's own name, where names are not what tells subjects apart
  UNIQUE (register, id)
) {strict};

CREATE TABLE mention (
  record_id {int} NOT NULL,
  relation  {int} NOT NULL,
  code      TEXT NOT NULL,
  name_key  TEXT NOT NULL,
  from_day  {int},
  until_day {int}
) {strict};
CREATE INDEX mention_code ON mention (relation, code, record_id) WHERE code <> '';
CREATE INDEX mention_name ON mention (relation, name_key, record_id) WHERE name_key <> '';
