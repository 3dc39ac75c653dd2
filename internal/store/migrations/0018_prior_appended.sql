-- Profiles that an open batch has overwritten are appended, in the order in which it met them: by subject, every one of
-- them would go onto another page.
CREATE TABLE profile_prior_new (
  n          {serial},
  subject_id {int} NOT NULL,
  register   {int} NOT NULL,
  code       TEXT NOT NULL,
  name       TEXT NOT NULL,
  name_key   TEXT NOT NULL,
  facts      {blob} NOT NULL,
  gone       {int} NOT NULL,
  change     {int} NOT NULL,
  moved      {int} NOT NULL
) {strict};
INSERT INTO profile_prior_new (subject_id, register, code, name, name_key, facts, gone, change, moved)
  SELECT subject_id, register, code, name, name_key, facts, gone, change, moved FROM profile_prior;
DROP TABLE profile_prior;
ALTER TABLE profile_prior_new RENAME TO profile_prior;
CREATE UNIQUE INDEX profile_prior_subject ON profile_prior (subject_id);
CREATE INDEX profile_prior_code ON profile_prior (register, code) WHERE moved <> 0;
CREATE INDEX profile_prior_name ON profile_prior (register, name_key) WHERE moved <> 0;
CREATE INDEX profile_prior_change ON profile_prior (change);
