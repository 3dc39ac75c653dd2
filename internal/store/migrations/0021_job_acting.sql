-- In which role, for which organisation and from where the person acts for whom a job runs, as package auth writes it.
-- Empty: the person's id says all.
ALTER TABLE job ADD COLUMN acting TEXT NOT NULL DEFAULT '';
