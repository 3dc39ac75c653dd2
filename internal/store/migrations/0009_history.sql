-- The history of this database: a random mark for each value of the change counter. Two databases that were copied from
-- one another have the same marks up to the copy and different ones afterwards. What was derived from the database keeps
-- counter and mark, and so can tell whether it belongs to its past.
CREATE TABLE history (
  change {key},
  mark   TEXT NOT NULL
) {strict};
INSERT INTO history (change, mark) SELECT value, {random} FROM counter WHERE name = 'change';

-- Checksums of rows; NULL for those that an older program wrote. Profiles and records have theirs in their blobs.
ALTER TABLE import ADD COLUMN seal {int};
ALTER TABLE link ADD COLUMN seal {int};
