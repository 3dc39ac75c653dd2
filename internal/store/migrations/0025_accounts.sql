-- Failed attempts to sign in that the log tells of: n since its last entry, which was made at told.
CREATE TABLE person_failure (
  how     TEXT NOT NULL,
  account TEXT NOT NULL,
  address TEXT NOT NULL,
  n       {int} NOT NULL,
  told    {int} NOT NULL,
  PRIMARY KEY (how, account, address)
) {strict};
CREATE INDEX person_failure_told ON person_failure (told);

-- The list of people: its orders, and who holds a role or may act for an organisation.
CREATE INDEX person_name ON person (name, id);
CREATE INDEX person_made ON person (made, id);
CREATE INDEX person_grant_role ON person_grant (role, person) WHERE state = 'given';
CREATE INDEX person_grant_org ON person_grant (org, person);

-- Accounts at providers of OpenID Connect: who a person is there.
CREATE TABLE person_login (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  person  TEXT NOT NULL,
  made    {int} NOT NULL,
  PRIMARY KEY (issuer, subject)
) {strict};
CREATE INDEX person_login_person ON person_login (person);

-- Sign-ins at a provider that were begun. state is the SHA-256 of what the provider sends back; each is used once.
CREATE TABLE person_flow (
  state    TEXT PRIMARY KEY,
  nonce    TEXT NOT NULL,
  verifier TEXT NOT NULL,
  back     TEXT NOT NULL,
  made     {int} NOT NULL
) {strict};
CREATE INDEX person_flow_made ON person_flow (made);

-- By which provider a session was begun, empty: by password; and whether that checked a second factor.
ALTER TABLE person_session ADD COLUMN login TEXT NOT NULL DEFAULT '';
ALTER TABLE person_session ADD COLUMN factor {int} NOT NULL DEFAULT 0;
