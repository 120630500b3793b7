DROP TRIGGER accounts_stay;
