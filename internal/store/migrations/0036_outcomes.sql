-- Certificates that cases issued, by the token of their public check page. What holds of one is in the state of its case; see issued.
-- no: place in it, from 0. last: its last day, revoked: the first day on which it does not hold; "" for none. never: 1 when it was taken back.
CREATE TABLE certificate (
  id       {int} PRIMARY KEY,
  case_id  {int} NOT NULL,
  no       {int} NOT NULL,
  register TEXT NOT NULL,
  subject  {int} NOT NULL,
  kind     TEXT NOT NULL,
  number   TEXT NOT NULL,
  token    TEXT NOT NULL,
  last     TEXT NOT NULL,
  revoked  TEXT NOT NULL,
  never    {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX certificate_case ON certificate (case_id, no);
CREATE UNIQUE INDEX certificate_token ON certificate (token);
CREATE UNIQUE INDEX certificate_number ON certificate (kind, number) WHERE never = 0;
CREATE INDEX certificate_subject ON certificate (subject, kind);

-- The counts of numbers that matters make. name: the certificate and what stands around the count.
CREATE TABLE certificate_series (
  name TEXT PRIMARY KEY,
  last {int} NOT NULL
) {strict};

-- Lists of other systems that were compared with cases. whole: 1 when it was declared complete.
CREATE TABLE case_list (
  id        {int} PRIMARY KEY,
  matter    TEXT NOT NULL,
  connector TEXT NOT NULL,
  file      TEXT NOT NULL,
  whole     {int} NOT NULL,
  year      {int} NOT NULL,
  person    TEXT NOT NULL,
  org       TEXT NOT NULL,
  at        {int} NOT NULL
) {strict};
CREATE INDEX case_list_matter ON case_list (matter, id);

-- What a list and the cases say differently, and what somebody answered. kind: not_filed_here, not_on_list or unclear.
-- subject, case_id, row_no (of the list): 0 for none. name: what makes it one question however often the list comes. said: why it is asked, as JSON.
CREATE TABLE case_question (
  id       {int} PRIMARY KEY,
  list     {int} NOT NULL,
  matter   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  subject  {int} NOT NULL,
  case_id  {int} NOT NULL,
  row_no   {int} NOT NULL,
  status   TEXT NOT NULL,
  on_day   TEXT NOT NULL,
  said     TEXT NOT NULL,
  district TEXT NOT NULL,
  park     TEXT NOT NULL,
  org      TEXT NOT NULL,
  person   TEXT NOT NULL,
  asked    {int} NOT NULL,
  answer   TEXT NOT NULL,
  note     TEXT NOT NULL,
  answered {int} NOT NULL,
  answerer TEXT NOT NULL
) {strict};
CREATE UNIQUE INDEX case_question_name ON case_question (matter, name);
CREATE INDEX case_question_open ON case_question (matter, id) WHERE answer = '';
