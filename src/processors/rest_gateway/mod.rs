//! The REST payment gateway.
