-- What of a register is old, counted by the search: JSON.
ALTER TABLE finding_pass ADD COLUMN aged TEXT NOT NULL DEFAULT '';
