-- What the peers find customers and house accounts by, on a database that the product has filled with customers. Every
-- client has house accounts of its own, so that pgbench does not wait on one hot row.
CREATE SEQUENCE bench_ids CACHE 100;
CREATE TABLE bench_customers (number int PRIMARY KEY, customer_id bigint, account_id bigint, pin text);
INSERT INTO bench_customers
  SELECT row_number() OVER (ORDER BY c.id), c.id, a.id, c.pin FROM customers c
  JOIN accounts a ON a.name = 'customer/' || c.name || '#0' WHERE c.front_end = 'Bench EUR';
CREATE TABLE bench_house (client int PRIMARY KEY, lane bigint, transit_id bigint, fees_id bigint);
INSERT INTO lanes SELECT 600 + i, 'bench/' || i, 0, 0, '', 0 FROM generate_series(0, 63) i;
INSERT INTO accounts SELECT 6000000000000000000 + i, 'payouts_in_transit/Bench EUR#' || (600 + i), 0,
  'payouts_in_transit/Bench EUR', 600 + i, 'payouts_in_transit', 'EUR', 0 FROM generate_series(0, 63) i;
INSERT INTO accounts SELECT 6100000000000000000 + i, 'fees/Bench EUR#' || (600 + i), 0,
  'fees/Bench EUR', 600 + i, 'fees', 'EUR', 0 FROM generate_series(0, 63) i;
INSERT INTO bench_house SELECT i, 600 + i, 6000000000000000000 + i, 6100000000000000000 + i
  FROM generate_series(0, 63) i;
