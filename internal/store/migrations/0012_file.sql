
-- Files by their content. The bytes of those that lie in the base are pieces of about a megabyte, added one by one: a
-- body whose number stands in no file was interrupted, or is no longer wanted, and is swept.
CREATE TABLE file (
  sha256 TEXT PRIMARY KEY,
  size   {int} NOT NULL,
  body   TEXT NOT NULL,
  folder {int} NOT NULL, -- 1: a file of the shared folder
  pieces {int} NOT NULL,
  at     {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX file_body ON file (body);

CREATE TABLE file_begun (
  body TEXT PRIMARY KEY,
  at   {int} NOT NULL
) {strict};

CREATE TABLE file_piece (
  body   TEXT NOT NULL,
  n      {int} NOT NULL,
  packed {int} NOT NULL, -- 1: by zstd
  raw    {blob} NOT NULL,
  PRIMARY KEY (body, n)
) {strict};

-- What files belong to. A file that no link and no import names is swept.
CREATE TABLE file_link (
  id     TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL,
  size   {int} NOT NULL,
  kind   TEXT NOT NULL,
  scope  TEXT NOT NULL,
  name   TEXT NOT NULL,
  type   TEXT NOT NULL,
  at     {int} NOT NULL,
  actor  TEXT NOT NULL,
  note   TEXT NOT NULL -- JSON; empty for none
) {strict};
CREATE INDEX file_link_scope ON file_link (kind, scope, at);
CREATE INDEX file_link_file ON file_link (sha256);
CREATE INDEX import_bytes ON import (sha256);
