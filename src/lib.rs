//! Tillgate, the platform side of a payment cashier.
//!
//! The rooms, in reading order: [`domain`] is what is true, [`operations`] what can happen, [`store`] where it is
//! kept. [`cashier`], [`platform`], [`notifications`], [`player`] and [`backoffice`] are doors, [`processors`] the world
//! outside, which only the [`desk`] speaks to; the [`messenger`] speaks to cashiers, and the [`worker`] brings both what
//! is due. [`config`] describes a house, [`server`] builds it,
//! [`cli`] is how people start it, [`replay`] plays the cashier against it. Time and chance come in through [`clock`].

pub mod domain;

pub mod operations;

pub mod store;

pub mod cashier;
pub mod platform;

pub mod processors;

pub mod desk;
pub mod messenger;
pub mod worker;

pub mod notifications;
pub mod player;

pub mod backoffice;

pub mod clock;
pub mod config;
pub mod masked;
pub mod peer;
pub mod server;
pub mod telemetry;

pub mod cli;
pub mod replay;
