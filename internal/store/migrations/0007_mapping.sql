-- What people said that headers mean, by register: 编号 is another thing in another register. What was said before
-- other registers could be imported was said of enterprises.
CREATE TABLE meaning (
  register TEXT NOT NULL,
  header   TEXT NOT NULL,
  target   TEXT NOT NULL,
  actor    TEXT NOT NULL,
  at       {int} NOT NULL,
  PRIMARY KEY (register, header)
) {strict};
INSERT INTO meaning (register, header, target, actor, at) SELECT 'enterprise', header, target, actor, at FROM mapping;
DROP TABLE mapping;
