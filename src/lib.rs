//! Feature contamination, checked by machine.
pub mod claims;
pub mod data;
pub mod error;
pub mod linalg;
pub mod network;
pub mod observe;
pub mod predict;
pub mod seed;
pub mod setting;
pub mod stats;
pub mod train;
