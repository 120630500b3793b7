DROP TABLE saved_views;
DROP TABLE sessions;
DROP TABLE second_factors;
DROP TABLE users;
