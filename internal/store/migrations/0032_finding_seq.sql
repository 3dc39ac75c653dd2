-- Which findings have changed since somebody read them: each write of findings has the next number, so that what is kept of them in
-- memory is brought up to date by reading what is new. The row of finding_seq is locked until its write ends: numbers come into
-- sight in their order.
ALTER TABLE finding ADD COLUMN seq {int} NOT NULL DEFAULT 0;
CREATE INDEX finding_new ON finding (seq);
CREATE TABLE finding_seq (
  one {int} PRIMARY KEY,
  seq {int} NOT NULL
) {strict};
INSERT INTO finding_seq (one, seq) VALUES (1, 0);

-- What a person brought is asked for by the person.
CREATE INDEX import_actor ON import (actor) WHERE undone_at IS NULL;
