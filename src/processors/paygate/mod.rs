//! Paygate: cards, TWINT and payouts by `creditex`.
