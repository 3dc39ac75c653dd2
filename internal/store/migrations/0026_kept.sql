-- This number is kept: the schema of a base grows by steps in a fixed order.
SELECT 1;
