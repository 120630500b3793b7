//! SOPG: paysafecard and Cash-Ticket dispositions.
