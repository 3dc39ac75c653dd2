-- For each register the value of the change counter when something of it was last written, and that since which every
-- profile of it reads differently. Of a base from before, nobody can tell any more which register was changed last.
CREATE TABLE register_change (
  register TEXT PRIMARY KEY,
  change   {int} NOT NULL,
  reread   {int} NOT NULL
) {strict};
INSERT INTO register_change (register, change, reread)
  SELECT r.id, c.value, d.value FROM register r, counter c, counter d WHERE c.name = 'change' AND d.name = 'reread';
