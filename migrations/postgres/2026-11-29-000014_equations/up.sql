-- SQLite alone makes a table of every list that it compares with.
SELECT 1;
