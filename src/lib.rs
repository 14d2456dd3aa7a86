//! askfirst asks first and introduces second: the double opt-in introduction in plain mail.

pub mod cli;
pub mod config;
pub mod contacts;
pub mod daemon;
pub mod deliver;
pub mod demo;
pub mod desk;
pub mod reader;
pub mod receive;
pub mod remind;
pub mod rules;
pub mod store;
pub mod wire;
pub mod writer;
