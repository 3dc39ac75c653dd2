-- For whom a job runs; empty: for the program itself, or added before it was known.
ALTER TABLE job ADD COLUMN actor TEXT NOT NULL DEFAULT '';
