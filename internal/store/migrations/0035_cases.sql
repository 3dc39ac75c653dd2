-- Cases of matters. What a case is follows from its events; state (JSON) is what they make, kept so that nobody folds them again.
-- version: of the matter. orgs: district, zone or park by which it is found. stages: of open visits, between blanks; "" when it has ended.
-- due: the earliest last day; wake: the first day on which the clock has something to do; days are 2026-11-30, "" for none.
CREATE TABLE matter_case (
  id        {int} PRIMARY KEY,
  matter    TEXT NOT NULL,
  version   {int} NOT NULL,
  register  TEXT NOT NULL,
  subject   {int} NOT NULL,
  district  TEXT NOT NULL,
  park      TEXT NOT NULL,
  seq       {int} NOT NULL,
  stages    TEXT NOT NULL,
  ended     TEXT NOT NULL,
  due       TEXT NOT NULL,
  due_known {int} NOT NULL,
  wake      TEXT NOT NULL,
  opened    {int} NOT NULL,
  state     TEXT NOT NULL
) {strict};
CREATE INDEX matter_case_matter ON matter_case (matter, id);
CREATE INDEX matter_case_ended ON matter_case (matter, ended, id) WHERE ended <> '';
CREATE INDEX matter_case_district ON matter_case (district, matter, id);
CREATE INDEX matter_case_park ON matter_case (park, matter, id) WHERE park <> '';
CREATE INDEX matter_case_subject ON matter_case (subject, id);
CREATE INDEX matter_case_wake ON matter_case (wake, id) WHERE wake <> '';

-- What was done, in its order; the log proves it, and nothing is changed or deleted. name: the key of the client; "" for none. body: JSON.
CREATE TABLE case_event (
  case_id {int} NOT NULL,
  seq     {int} NOT NULL,
  at      {int} NOT NULL,
  person  TEXT NOT NULL,
  act     TEXT NOT NULL,
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (case_id, seq)
) {strict};
CREATE UNIQUE INDEX case_event_name ON case_event (case_id, name) WHERE name <> '';
-- The case that somebody began under a key.
CREATE UNIQUE INDEX case_event_begun ON case_event (person, name) WHERE name <> '' AND seq = 1;

-- Stages in which cases are, for lists by stage.
CREATE TABLE case_stage (
  case_id {int} NOT NULL,
  matter  TEXT NOT NULL,
  stage   TEXT NOT NULL,
  PRIMARY KEY (case_id, stage)
) {strict};
CREATE INDEX case_stage_stage ON case_stage (matter, stage, case_id);

-- Who must act now: a person, or who has a role in an organisation or for a subject.
CREATE TABLE case_seat (
  case_id {int} NOT NULL,
  visit   {int} NOT NULL,
  no      {int} NOT NULL,
  person  TEXT NOT NULL,
  role    TEXT NOT NULL,
  org     TEXT NOT NULL,
  subject {int} NOT NULL,
  stage   TEXT NOT NULL,
  due     TEXT NOT NULL,
  PRIMARY KEY (case_id, visit, no)
) {strict};
CREATE INDEX case_seat_person ON case_seat (person, due, case_id) WHERE person <> '';
CREATE INDEX case_seat_role ON case_seat (role, org, subject, due, case_id) WHERE person = '';
