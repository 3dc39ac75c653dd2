-- A checksum over each row: with a changed bit in a name or number, values would silently be another attribute's or nobody's.
-- Empty: an older program wrote the row, and it is read unchecked.
ALTER TABLE attribute ADD COLUMN seal {int};
