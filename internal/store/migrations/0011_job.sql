
-- Work in the background. args, mark, result and fault are JSON; result and fault are empty for none.
CREATE TABLE job (
  id       TEXT PRIMARY KEY,
  seq      {int} NOT NULL,
  kind     TEXT NOT NULL,
  title    TEXT NOT NULL,
  back     TEXT NOT NULL,
  job_key  TEXT NOT NULL,
  args     TEXT NOT NULL,
  writes   {int} NOT NULL,
  state    TEXT NOT NULL,
  mark     TEXT NOT NULL,
  result   TEXT NOT NULL,
  fault    TEXT NOT NULL,
  owner    TEXT NOT NULL,
  attempt  {int} NOT NULL,
  stop     {int} NOT NULL,
  run_at   {int} NOT NULL,
  added    {int} NOT NULL,
  started  {int},
  updated  {int} NOT NULL,
  ended    {int},
  beat     {int}
) {strict};
-- One job that writes runs at a time, and one job of a key is open, whatever the program does.
CREATE UNIQUE INDEX job_writer ON job (writes) WHERE state = 'running' AND writes = 1;
CREATE UNIQUE INDEX job_open_key ON job (job_key) WHERE job_key <> '' AND ended IS NULL;
CREATE INDEX job_open ON job (state, run_at) WHERE ended IS NULL;
CREATE INDEX job_key ON job (job_key, seq) WHERE job_key <> '';
CREATE INDEX job_seq ON job (seq);

-- When timers go off next.
CREATE TABLE job_timer (
  name TEXT PRIMARY KEY,
  next {int} NOT NULL
) {strict};
