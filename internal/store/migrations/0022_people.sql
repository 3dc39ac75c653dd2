-- Who works in the base. A base without rows in person has one operator. Names, telephones and mail addresses are personal
-- data; the log holds none of them in clear.
CREATE TABLE person (
  id        TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  phone     TEXT NOT NULL,
  mail      TEXT NOT NULL,
  state     TEXT NOT NULL,
  demo      {int} NOT NULL,
  made      {int} NOT NULL,
  made_by   TEXT NOT NULL,
  successor TEXT NOT NULL
) {strict};

-- The newest passwords of each, argon2id with its parameters.
CREATE TABLE person_password (
  person TEXT NOT NULL,
  n      {int} NOT NULL,
  hash   TEXT NOT NULL,
  at     {int} NOT NULL,
  forced {int} NOT NULL,
  PRIMARY KEY (person, n)
) {strict};

-- Second factors, sealed by the room that keeps them.
CREATE TABLE person_secret (
  person TEXT NOT NULL,
  kind   TEXT NOT NULL,
  sealed {blob} NOT NULL,
  PRIMARY KEY (person, kind)
) {strict};

-- Roles, for an organisation or a subject, for some days. Rows are never deleted. Days are 2026-11-30; until empty: no end.
CREATE TABLE person_grant (
  id          {int} PRIMARY KEY,
  person      TEXT NOT NULL,
  role        TEXT NOT NULL,
  org         TEXT NOT NULL,
  subject     {int} NOT NULL,
  code        TEXT NOT NULL,
  from_day    TEXT NOT NULL,
  until_day   TEXT NOT NULL,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at {int},
  decided_by  TEXT NOT NULL,
  decided_at  {int},
  taken_by    TEXT NOT NULL,
  taken_at    {int}
) {strict};
CREATE INDEX person_grant_person ON person_grant (person, id);
CREATE INDEX person_grant_open ON person_grant (id) WHERE state = 'proposed';

CREATE TABLE person_deputy (
  id        {int} PRIMARY KEY,
  person    TEXT NOT NULL,
  deputy    TEXT NOT NULL,
  from_day  TEXT NOT NULL,
  until_day TEXT NOT NULL,
  made      {int} NOT NULL,
  made_by   TEXT NOT NULL,
  ended     {int}
) {strict};
CREATE INDEX person_deputy_person ON person_deputy (person);
CREATE INDEX person_deputy_deputy ON person_deputy (deputy);

-- Browsers in which somebody has signed in. token is the SHA-256 of what stands in the cookie.
CREATE TABLE person_session (
  token      TEXT PRIMARY KEY,
  person     TEXT NOT NULL,
  grant_id   {int} NOT NULL,
  half       {int} NOT NULL,
  view       TEXT NOT NULL,
  view_grant {int} NOT NULL,
  made       {int} NOT NULL,
  seen       {int} NOT NULL,
  address    TEXT NOT NULL,
  browser    TEXT NOT NULL,
  ended      {int}
) {strict};
CREATE INDEX person_session_person ON person_session (person) WHERE ended IS NULL;
CREATE INDEX person_session_view ON person_session (view) WHERE ended IS NULL AND view <> '';

-- One-time links. token is a SHA-256, too; person is empty for the first start.
CREATE TABLE person_link (
  token   TEXT PRIMARY KEY,
  kind    TEXT NOT NULL,
  person  TEXT NOT NULL,
  made    {int} NOT NULL,
  made_by TEXT NOT NULL,
  expires {int} NOT NULL,
  used    {int}
) {strict};
CREATE INDEX person_link_person ON person_link (person) WHERE used IS NULL;

-- Tokens of commands, as SHA-256.
CREATE TABLE person_token (
  token   TEXT PRIMARY KEY,
  person  TEXT NOT NULL,
  made    {int} NOT NULL,
  made_by TEXT NOT NULL,
  ended   {int}
) {strict};
CREATE INDEX person_token_person ON person_token (person) WHERE ended IS NULL;

-- Failed attempts to sign in, by account and by address, and until when no further ones are taken.
CREATE TABLE person_attempt (
  subject TEXT NOT NULL,
  at      {int} NOT NULL
) {strict};
CREATE INDEX person_attempt_subject ON person_attempt (subject, at);
CREATE INDEX person_attempt_at ON person_attempt (at);
CREATE TABLE person_lock (
  subject TEXT PRIMARY KEY,
  until   {int} NOT NULL
) {strict};
