//! Text for web pages: Markdown, reading time, summaries, slugs.
//!
//! Every function here is a unit that a host can call and swap:
//!
//! | unit | what it does |
//! |---|---|
//! | `markdown(text) -> html` | Markdown to HTML that is safe to show, whoever wrote the text |
//! | `reading_time(text) -> minutes` | how long a Markdown text takes to read, at least 1 |
//! | `summary(text, limit) -> text` | the first paragraph as plain text, cut at a word |
//! | `slugify(text) -> slug` | a title as the last part of an address |
//!
//! None of them fails: every text gives a result.

pub mod markdown;
pub mod reading_time;
pub mod slug;
pub mod summary;

pub use markdown::markdown;
pub use reading_time::reading_time;
pub use slug::slugify;
pub use summary::summary;

hotplate_plugin_api::plugin!();
