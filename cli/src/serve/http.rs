//! The HTTP side: requests in, pages, files and event streams out.

use std::convert::Infallible;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;

use crate::serve::dashboard::{self, Dashboard, Refused};
use crate::serve::live::{self, Live, Message};
use crate::serve::pages::{Page, Pages, Reply};
use crate::serve::{assets, error_page, routes};

const GENERATION: HeaderName = HeaderName::from_static("x-hotplate-generation");

const HTML: &str = "text/html; charset=utf-8";

/// How long connections may take to end once the server is told to.
const LAST_ORDERS: Duration = Duration::from_secs(3);

/// More than any form of the dashboard has, in bytes.
const FORM_LIMIT: usize = 4096;

/// What requests are answered from.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) pages: Pages,
    pub(crate) live: Arc<Live>,
    /// The plugins' directories of static files.
    pub(crate) assets: Vec<PathBuf>,
    pub(crate) dashboard: Dashboard,
}

/// Serves on `listener` until `stop` is done, then lets the connections end.
///
/// # Errors
///
/// If the listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let live = server.live.clone();
    let router = Router::new()
        .route(live::PATH, get(events))
        .route(dashboard::PATH, get(show_dashboard))
        .route(dashboard::PATH_WITH_SLASH, get(show_dashboard))
        .route(
            dashboard::ROLLBACK_PATH,
            post(roll_back).layer(DefaultBodyLimit::max(FORM_LIMIT)),
        )
        .fallback_service(get(page).with_state(server.clone()))
        .with_state(server)
        .into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        live.close();
        // The other side is gone only if nothing waits for connections to end.
        let _ = stopping.send(());
    });
    let late = async {
        if stopped.await.is_ok() {
            tokio::time::sleep(LAST_ORDERS).await;
        }
    };
    tokio::select! {
        result = serving.into_future() => result,
        () = late => Ok(()),
    }
}

/// A page or a file.
async fn page(State(server): State<Arc<Server>>, uri: Uri) -> Response {
    // Rendering runs plugin code, which may take its time.
    let answer = tokio::task::spawn_blocking(move || answer(&server, &uri)).await;
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn answer(server: &Server, uri: &Uri) -> Response {
    let Some(path) = routes::decode(uri.path()) else {
        return (StatusCode::BAD_REQUEST, "the path is not UTF-8\n").into_response();
    };
    if path.starts_with(assets::PREFIX)
        && let Some(asset) = assets::find(&server.assets, &path)
    {
        return respond(
            StatusCode::OK,
            &asset.content_type,
            server.pages.generation(),
            asset.bytes,
        );
    }
    let version = server.live.version();
    match server.pages.reply(&path) {
        Reply::AddSlash => redirect_to_slash(uri, server.pages.generation()),
        Reply::Page(page) => page_response(server, &path, page, &version),
    }
}

fn page_response(server: &Server, path: &str, mut page: Page, version: &str) -> Response {
    if let Some(failure) = page.failure.take() {
        server.dashboard.page_failed(path, failure);
        server.live.noted();
    }
    if page.content_type.starts_with("text/html") {
        server.live.equip(&mut page.text, version);
    }
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond(status, &page.content_type, page.generation, page.text)
}

fn respond(
    status: StatusCode,
    content_type: &str,
    generation: u64,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(GENERATION, HeaderValue::from(generation));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn redirect_to_slash(uri: &Uri, generation: u64) -> Response {
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let target = format!("{}/{query}", uri.path());
    let mut response = respond(
        StatusCode::TEMPORARY_REDIRECT,
        "text/plain; charset=utf-8",
        generation,
        "the page has a slash at its end\n",
    );
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

async fn show_dashboard(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = server.dashboard.check(peer.ip(), &headers) {
        return forbidden(&server, refused);
    }
    // What plugins keep is saved by code of theirs, which may take its time.
    let answer = tokio::task::spawn_blocking(move || dashboard_response(&server, &uri)).await;
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn dashboard_response(server: &Server, uri: &Uri) -> Response {
    let answer = dashboard::field(uri.query().unwrap_or_default(), "answer");
    let answer = answer.and_then(|number| number.parse().ok());
    let host = server.pages.host();
    let (status, text, nonce) = match server.dashboard.render(host, &server.live, answer) {
        Ok(rendered) => (StatusCode::OK, rendered.text, rendered.nonce),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            error_page::site_failed(&error),
            String::new(),
        ),
    };
    let mut response = respond(status, HTML, server.pages.generation(), text);
    // Only what is in the page runs, and no other page can put it in a frame.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Goes back as a form asks, and shows the dashboard with what became of it.
async fn roll_back(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: String,
) -> Response {
    let rolled_back = tokio::task::spawn_blocking(move || {
        let host = server.pages.host();
        let answer = server.dashboard.roll_back(host, peer.ip(), &headers, &form);
        match answer {
            Ok(number) => see_dashboard(&server, number),
            Err(refused) => forbidden(&server, refused),
        }
    });
    let answer = rolled_back.await;
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn see_dashboard(server: &Server, answer: u64) -> Response {
    let target = format!("{}?answer={answer}", dashboard::PATH);
    let mut response = respond(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        server.pages.generation(),
        "the dashboard has the answer\n",
    );
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

fn forbidden(server: &Server, refused: Refused) -> Response {
    let page = error_page::forbidden(refused.message());
    respond(StatusCode::FORBIDDEN, HTML, server.pages.generation(), page)
}

/// The event stream of one open page.
async fn events(State(server): State<Arc<Server>>) -> Response {
    let Some((first, receiver)) = server.live.subscribe() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let live = server.live.clone();
    let later = BroadcastStream::new(receiver)
        .map(move |message| message.unwrap_or_else(|_| live.missed()));
    let stream = tokio_stream::iter(first).chain(later).map(sse_event);
    Sse::new(stream)
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn sse_event(message: Message) -> Result<Event, Infallible> {
    Ok(Event::default().event(message.event).data(message.data))
}
