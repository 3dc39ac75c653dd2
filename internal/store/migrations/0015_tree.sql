-- The operation log as the leaves of a Merkle tree (RFC 9162); see docs/verify.md.

-- Heads: the root over the first entries, as many as size says, the hash of the last of them, and when they were sealed.
CREATE TABLE tree_head (
  size {key},
  root {blob} NOT NULL,
  leaf {blob} NOT NULL,
  at   {int} NOT NULL
) {strict};

-- Inner nodes of which both halves are whole, by their number from left to right, where leaves have the even ones.
CREATE TABLE tree_node (
  id   {key},
  hash {blob} NOT NULL
) {strict};

-- By which hash the log is sealed, and how many entries older programs chained one to another: those keep prev_hash and
-- hash. Of later entries prev_hash is empty, and hash is that of the leaf.
INSERT INTO setting (name, value) VALUES ('log.hash', {hash});
INSERT INTO setting (name, value) SELECT 'log.chained', CAST(COALESCE(MAX(seq), 0) AS TEXT) FROM audit_entry;

-- Texts that people wrote, or that name somebody, from the details of entries, which carry salted digests of them. salt
-- and text are NULL when the text was erased.
CREATE TABLE audit_text (
  seq  {int} NOT NULL,
  name TEXT NOT NULL,
  salt {blob},
  text TEXT,
  PRIMARY KEY (seq, name)
) {strict};

-- Texts of a job's arguments that may name somebody, with their salts; args has digests of them.
ALTER TABLE job ADD COLUMN beside TEXT NOT NULL DEFAULT '';
