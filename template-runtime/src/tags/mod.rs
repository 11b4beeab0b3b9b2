//! The work of Django's tags, one function each.
//!
//! A tag is called with what the compiler made of it; how, stands in its parser.

pub mod cache;
pub mod clock;
pub mod csrf;
pub mod debug;
pub mod i18n;
pub mod lorem;
pub mod query;
pub mod ratio;
pub mod settings;
pub mod static_files;
pub mod tz;
pub mod urls;
