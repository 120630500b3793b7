//! The pages, a file each, with their routes.

pub mod home;
pub mod me;
pub mod payouts;
pub mod people;
pub mod second_factor;
pub mod sign_in;
