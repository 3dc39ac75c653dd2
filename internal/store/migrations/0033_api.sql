-- Programs that act through the API.

-- 1: the account of a system, by which nobody signs in; NULL: of a person.
ALTER TABLE person ADD COLUMN system {int};

-- Tokens of the API. token is a SHA-256. bounds: to what it is held within the grant, such as enter,see:enterprise#12. Rows are never
-- deleted.
CREATE TABLE api_token (
  id         {int} PRIMARY KEY,
  token      TEXT NOT NULL UNIQUE,
  person     TEXT NOT NULL,
  grant_id   {int} NOT NULL,
  name       TEXT NOT NULL,
  bounds     TEXT NOT NULL,
  per_minute {int} NOT NULL,
  made       {int} NOT NULL,
  made_by    TEXT NOT NULL,
  expires    {int} NOT NULL,
  ended      {int},
  ended_by   TEXT NOT NULL
) {strict};
CREATE INDEX api_token_person ON api_token (person, id);

-- When each was used last, and from where. The log does not prove it.
CREATE TABLE api_token_use (
  id      {int} PRIMARY KEY,
  used    {int} NOT NULL,
  address TEXT NOT NULL
) {strict};

-- Answers to writes, kept for a day under the key that the client made, so that a repeated request is not carried out twice. owner: the
-- token, or the person of a base without people. digest: what was asked, by a keyed hash where it may hold an identity number.
CREATE TABLE api_answer (
  owner  TEXT NOT NULL,
  name   TEXT NOT NULL,
  digest TEXT NOT NULL,
  made   {int} NOT NULL,
  status {int} NOT NULL,
  etag   TEXT NOT NULL,
  body   {blob} NOT NULL,
  PRIMARY KEY (owner, name)
) {strict};
CREATE INDEX api_answer_made ON api_answer (made);
