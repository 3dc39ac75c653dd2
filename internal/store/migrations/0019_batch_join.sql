-- For an open batch that merges: whose records count for which other subject when it is in force.
CREATE TABLE batch_join (
  subject_id   {key},
  into_subject {int} NOT NULL
) {strict};
