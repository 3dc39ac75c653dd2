-- The orders of the list of doubted values, so that a page of it reads no more than the page: the findings of a rule, and the
-- findings by the time when they were found.
CREATE INDEX finding_rule ON finding (register, rule, import_id, subject_id, attribute, year) WHERE resolved_at IS NULL;
CREATE INDEX finding_found ON finding (register, found_at, subject_id, rule, attribute, year) WHERE resolved_at IS NULL;
