-- The operation log as a list. kind and org repeat what an entry says (the first word of its subject, the organisation in its
-- detail), so that a list can be filtered by an index; eyas verify compares them. An older entry names no organisation.
ALTER TABLE audit_entry ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN org TEXT NOT NULL DEFAULT '';
UPDATE audit_entry SET kind = substr(subject, 1, length(subject) - length(ltrim(subject, 'abcdefghijklmnopqrstuvwxyz_')));
CREATE INDEX audit_entry_at ON audit_entry (at);
CREATE INDEX audit_entry_actor ON audit_entry (actor, seq);
CREATE INDEX audit_entry_action ON audit_entry (action, seq);
CREATE INDEX audit_entry_subject ON audit_entry (subject, seq);
CREATE INDEX audit_entry_kind ON audit_entry (kind, seq);
CREATE INDEX audit_entry_org ON audit_entry (org, seq);
