//! The dev server: pages from templates and articles, live reload, the overlay, the dashboard.

pub(crate) mod articles;
pub(crate) mod assets;
pub(crate) mod content;
pub(crate) mod dashboard;
pub(crate) mod error_page;
pub(crate) mod html;
pub(crate) mod http;
pub(crate) mod live;
pub(crate) mod overlay;
pub(crate) mod pages;
pub(crate) mod routes;
pub(crate) mod site;
