//! What is rendered as answers to requests: for the `http` crate, and for axum.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

use crate::error::Error;
use crate::handle::Rendered;

/// A page that was rendered, as an answer.
///
/// ```
/// let response = http::Response::from(hotplate::Html("<p>Hi".to_owned()));
/// assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(pub String);

impl From<Rendered> for Html {
    fn from(rendered: Rendered) -> Self {
        Self(rendered.text)
    }
}

impl From<Html> for Response<String> {
    fn from(Html(text): Html) -> Self {
        with_type(text, content_type("html"))
    }
}

/// The content type follows from the end of the template's name: `.xml`, `.txt` and so on;
/// HTML for names that say nothing.
impl From<Rendered> for Response<String> {
    fn from(rendered: Rendered) -> Self {
        let kind = content_type(ending(&rendered.receipt.unit));
        with_type(rendered.text, kind)
    }
}

/// Status 500 and a text that says nothing of the error, which is logged instead.
impl From<Error> for Response<String> {
    fn from(error: Error) -> Self {
        tracing::error!("{}", crate::error::with_causes(&error));
        let text = "internal server error\n".to_owned();
        let mut response = with_type(text, content_type("txt"));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}

fn with_type(text: String, content_type: &'static str) -> Response<String> {
    let mut response = Response::new(text);
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The end of a template's name, without the partial.
fn ending(unit: &str) -> &str {
    let template = unit.split('#').next().unwrap_or(unit);
    let file = template.rsplit('/').next().unwrap_or(template);
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn content_type(ending: &str) -> &'static str {
    match ending {
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml; charset=utf-8",
        "rss" => "application/rss+xml; charset=utf-8",
        "atom" => "application/atom+xml; charset=utf-8",
        "json" => "application/json",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    }
}

#[cfg(feature = "axum")]
mod axum {
    use std::fmt;

    use axum_core::body::Body;
    use axum_core::response::{IntoResponse, Response};
    use hotplate_plugin_api::view;

    use super::{Html, content_type, ending, with_type};
    use crate::error::Error;
    use crate::handle::{Rendered, TypedTemplate};

    /// A template with what it is rendered with once the answer is made.
    ///
    /// A rendering that fails is answered as an [`Error`] is: by status 500, without the
    /// reason, which is logged.
    pub struct Page<'c, T: view::Template> {
        template: TypedTemplate<T>,
        context: T::Of<'c>,
    }

    impl<T: view::Template> TypedTemplate<T> {
        /// A page, to be rendered once it is answered with.
        pub fn page<'c>(&self, context: T::Of<'c>) -> Page<'c, T> {
            Page {
                template: self.clone(),
                context,
            }
        }
    }

    impl<T: view::Template> fmt::Debug for Page<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Page({:?})", self.template)
        }
    }

    fn response(response: http::Response<String>) -> Response {
        response.map(Body::from)
    }

    impl IntoResponse for Html {
        fn into_response(self) -> Response {
            response(self.into())
        }
    }

    impl IntoResponse for Rendered {
        fn into_response(self) -> Response {
            response(self.into())
        }
    }

    impl IntoResponse for Error {
        fn into_response(self) -> Response {
            response(self.into())
        }
    }

    impl<T: view::Template> IntoResponse for Page<'_, T> {
        fn into_response(self) -> Response {
            match self.template.render(&self.context) {
                Ok(text) => response(with_type(text, content_type(ending(T::PATH)))),
                Err(error) => error.into_response(),
            }
        }
    }
}

#[cfg(feature = "axum")]
pub use axum::Page;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_follows_from_the_name() {
        for (unit, expected) in [
            ("page.html", "text/html; charset=utf-8"),
            ("feeds/news.xml", "application/xml; charset=utf-8"),
            ("mail.txt#body", "text/plain; charset=utf-8"),
            ("v1.2/page", "text/html; charset=utf-8"),
        ] {
            assert_eq!(content_type(ending(unit)), expected, "{unit}");
        }
    }

    #[test]
    fn an_error_is_answered_without_its_reason() {
        let response = Response::from(Error::setup("the secret is 42"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.body(), "internal server error\n");
    }

    #[cfg(feature = "axum")]
    #[test]
    fn axum_gets_the_same_answer() {
        use axum_core::response::IntoResponse;

        let response = Html("<p>".to_owned()).into_response();
        assert_eq!(response.headers()[CONTENT_TYPE], content_type("html"));
        let response = Error::closed().into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
