-- Webhooks: addresses to which it is told what has changed, for a person or a system.

-- bounds: to what a hook is held within the grant, as in api_token. events: their types with commas between. state: on, paused, off
-- (by the program, after lasting failure), ended; since, since_by: when it became so, and by whom. Rows are never deleted.
CREATE TABLE hook (
  id       {int} PRIMARY KEY,
  person   TEXT NOT NULL,
  grant_id {int} NOT NULL,
  name     TEXT NOT NULL,
  url      TEXT NOT NULL,
  bounds   TEXT NOT NULL,
  events   TEXT NOT NULL,
  made     {int} NOT NULL,
  made_by  TEXT NOT NULL,
  state    TEXT NOT NULL,
  since    {int} NOT NULL,
  since_by TEXT NOT NULL
) {strict};
CREATE INDEX hook_person ON hook (person, id);

-- Secrets by which messages are signed, sealed. until: when an older one ends; NULL: it is the present one. The log does not prove these
-- rows, nor those of the tables below.
CREATE TABLE hook_secret (
  hook   {int} NOT NULL,
  n      {int} NOT NULL,
  sealed {blob} NOT NULL,
  until  {int},
  PRIMARY KEY (hook, n)
) {strict};

-- How far a hook has been told. what: log (the number of an entry of the log), or change: and a register (its change counter).
CREATE TABLE hook_mark (
  hook {int} NOT NULL,
  what TEXT NOT NULL,
  mark {int} NOT NULL,
  PRIMARY KEY (hook, what)
) {strict};

-- Messages. content: the ids that it tells, as JSON; no values. state: waiting, done, failed. due: not before. lease: until then a process
-- (owner) is at it. tries: since it was last asked for.
CREATE TABLE hook_delivery (
  id      {int} PRIMARY KEY,
  hook    {int} NOT NULL,
  message TEXT NOT NULL UNIQUE,
  type    TEXT NOT NULL,
  at      {int} NOT NULL,
  content TEXT NOT NULL,
  state   TEXT NOT NULL,
  tries   {int} NOT NULL,
  due     {int} NOT NULL,
  owner   TEXT NOT NULL,
  lease   {int} NOT NULL,
  ended   {int}
) {strict};
CREATE INDEX hook_delivery_due ON hook_delivery (hook, state, due);
CREATE INDEX hook_delivery_ended ON hook_delivery (ended) WHERE ended IS NOT NULL;

-- Each attempt: the status of the answer (0: none came, and trouble says why), how long it took, and its first bytes.
CREATE TABLE hook_attempt (
  delivery {int} NOT NULL,
  n        {int} NOT NULL,
  at       {int} NOT NULL,
  status   {int} NOT NULL,
  ms       {int} NOT NULL,
  trouble  TEXT NOT NULL,
  answer   TEXT NOT NULL,
  PRIMARY KEY (delivery, n)
) {strict};
