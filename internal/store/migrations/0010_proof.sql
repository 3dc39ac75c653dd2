-- What proves that the base stands as the operation log says; see docs/verify.md.

-- A digest for each row that a transaction wrote, under the number of the log entry that carries the root over them.
-- digest is NULL when the row was taken away, salt when the row was erased. Nothing here is ever overwritten.
CREATE TABLE proof (
  seq    {int} NOT NULL,
  n      {int} NOT NULL,
  kind   TEXT NOT NULL,
  id     {int} NOT NULL,
  name   TEXT NOT NULL,
  salt   {blob},
  digest {blob},
  PRIMARY KEY (seq, n)
) {strict};
CREATE INDEX proof_row ON proof (kind, id);

-- Up to 1,024 source records that follow one another. seeds has 16 bytes for each id from first to last, from which the
-- salts of its values are made; marks has 8, by which a changed one is found. digest covers all of them, their links
-- as they were made and whom they name.
CREATE TABLE block (
  first_record {key},
  last_record  {int} NOT NULL,
  seq          {int} NOT NULL,
  seeds        {blob} NOT NULL,
  marks        {blob} NOT NULL,
  mentions     {blob} NOT NULL,
  digest       {blob} NOT NULL
) {strict};
CREATE INDEX block_seq ON block (seq, first_record);

-- The digest of a link as it was made, kept when a person moves the record.
CREATE TABLE link_made (
  record_id {key},
  digest    {blob} NOT NULL
) {strict};

-- Records of which values were erased: how many cells the row had, the salts that remain, and the digests of what is
-- gone.
CREATE TABLE erasure (
  record_id {key},
  cells     {int} NOT NULL,
  salts     {blob} NOT NULL,
  digests   {blob} NOT NULL
) {strict};

-- The salt of a mention, or the digest of one that was erased.
ALTER TABLE mention ADD COLUMN proof {blob};
