-- Work that lands in short transactions and comes into force as a whole. At most one batch is open in a base at a
-- time; its owner writes a heartbeat. Every profile that a batch writes carries change = -id; change is the number that
-- this stands for once the batch is in force, and NULL before.
CREATE TABLE batch (
  id     {key},
  kind   TEXT NOT NULL,
  state  TEXT NOT NULL, -- open; force: in force, leftovers are being cleared; done
  owner  TEXT NOT NULL,
  begun  {int} NOT NULL,
  beat   {int} NOT NULL,
  change {int},
  seq    {int} -- of the entry in the operation log that proves it; blocks of its records have seq = -id
) {strict};
CREATE INDEX batch_state ON batch (state) WHERE state <> 'done';
CREATE INDEX batch_change ON batch (change);
CREATE INDEX batch_seq ON batch (seq);

-- The ids that an open batch hands out, by counter.
CREATE TABLE batch_range (
  batch    {int} NOT NULL,
  counter  TEXT NOT NULL,
  first_id {int} NOT NULL,
  last_id  {int} NOT NULL
) {strict};

-- Ids that nobody has: a batch reserved them, did not need them, and others had taken the next ones.
CREATE TABLE id_gap (
  counter  TEXT NOT NULL,
  first_id {int} NOT NULL,
  last_id  {int} NOT NULL
) {strict};

-- Subjects of which others wrote something while a batch is open: it derives them again before it comes into force.
CREATE TABLE batch_concern (
  subject_id {key}
) {strict};

-- The profiles that an open batch has overwritten, as everybody else still sees them. moved: code or name differ from
-- those in table profile, so that the indexes there do not lead to the row.
CREATE TABLE profile_prior (
  subject_id {key},
  register   {int} NOT NULL,
  code       TEXT NOT NULL,
  name       TEXT NOT NULL,
  name_key   TEXT NOT NULL,
  facts      {blob} NOT NULL,
  gone       {int} NOT NULL,
  change     {int} NOT NULL,
  moved      {int} NOT NULL
) {strict};
CREATE INDEX profile_prior_code ON profile_prior (register, code) WHERE moved <> 0;
CREATE INDEX profile_prior_name ON profile_prior (register, name_key) WHERE moved <> 0;
CREATE INDEX profile_prior_change ON profile_prior (change);

-- A batch that is not in force may hold a code that somebody gives to another subject meanwhile; the last step of the
-- batch settles that. Codes are unique among what batches wrote, and among what others wrote.
DROP INDEX profile_code;
CREATE UNIQUE INDEX profile_code ON profile (register, code, (change < 0)) WHERE code <> '';
