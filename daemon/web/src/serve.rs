//! The two admission: a Unix socket, and TCP with a token. Whoever is slow or comes too often costs no more than
//! his share: heads, bodies and answers have their time, connections their number.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admission::Admission;
use crate::auth::{self, Peer, Token};
use crate::{ApiError, App, BODY_MAX, router};

/// A request's head must be there within this; so long a connection may be idle, too.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// Its body must be there within this.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);
/// A peer that takes nothing of its answer for so long is closed.
const WRITE_TIME_MAX: Duration = Duration::from_secs(30);
/// Without a free file, newcomers wait this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves the Unix socket until `stop` is done.
pub async fn serve_unix(
    app: App,
    listener: UnixListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let admission = app.admission.clone();
    let app = router(app)
        .layer(axum::middleware::from_fn(whole_body))
        .layer(axum::middleware::from_fn(auth::local));
    let mut serving = Serving::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let Some((stream, _)) = serving.accepted(accepted).await else { continue };
        if admission.unix.load(Ordering::Relaxed) >= admission.limits.unix_max {
            admission.refuse();
            continue;
        }
        let peer = match stream.peer_cred() {
            Ok(who) => Peer::Local { uid: who.uid(), pid: who.pid() },
            // Nobody's number: such a peer is let in nowhere.
            Err(_) => Peer::Local { uid: u32::MAX, pid: None },
        };
        admission.unix.fetch_add(1, Ordering::Relaxed);
        let inside = Inside(admission.clone(), |admission| {
            admission.unix.fetch_sub(1, Ordering::Relaxed);
        });
        serving.serve(app.clone().layer(axum::Extension(ConnectInfo(peer))), stream, inside);
    }
    serving.end().await
}

/// Serves TCP, for those who know the token, until `stop` is done.
pub async fn serve_tcp(
    app: App,
    listener: TcpListener,
    token: Token,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let admission = app.admission.clone();
    let app = router(app)
        .layer(axum::middleware::from_fn(whole_body))
        .layer(axum::middleware::from_fn_with_state((token, admission.clone()), auth::remote));
    let mut serving = Serving::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let Some((stream, address)) = serving.accepted(accepted).await else { continue };
        let ip = address.ip();
        if !admission.enter(ip) {
            continue;
        }
        let _ = stream.set_nodelay(true);
        let inside = Inside(admission.clone(), move |admission| admission.leave(ip));
        serving.serve(app.clone().layer(axum::Extension(ConnectInfo(address))), stream, inside);
    }
    serving.end().await
}

/// Counts a connection out, however it ends.
struct Inside<F: Fn(&Admission)>(Arc<Admission>, F);

impl<F: Fn(&Admission)> Drop for Inside<F> {
    fn drop(&mut self) {
        (self.1)(&self.0);
    }
}

/// The connections of one socket.
struct Serving {
    connections: JoinSet<()>,
    stop: watch::Sender<bool>,
    accepts: bool,
}

impl Serving {
    fn new() -> Self {
        Self { connections: JoinSet::new(), stop: watch::Sender::new(false), accepts: true }
    }

    /// What was accepted. After an error, out of files most likely, those inside go on and newcomers wait.
    async fn accepted<T>(&mut self, accepted: io::Result<T>) -> Option<T> {
        while self.connections.try_join_next().is_some() {}
        match accepted {
            Ok(accepted) => {
                self.accepts = true;
                Some(accepted)
            }
            Err(error) => {
                if std::mem::replace(&mut self.accepts, false) {
                    tracing::warn!(%error, "the API cannot accept connections; new clients wait");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }

    fn serve<S, F>(&mut self, app: Router, stream: S, inside: Inside<F>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Fn(&Admission) + Send + 'static,
    {
        let mut stop = self.stop.subscribe();
        self.connections.spawn(async move {
            let _inside = inside;
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME_MAX)
                .max_buf_size(64 * 1024)
                .serve_connection(TokioIo::new(Patient::new(stream)), TowerToHyperService::new(app));
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = &mut connection => Some(ended),
                _ = stop.wait_for(|stop| *stop) => None,
            };
            let ended = match ended {
                Some(ended) => ended,
                None => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to the API ended");
            }
        });
    }

    async fn end(mut self) -> io::Result<()> {
        self.stop.send_replace(true);
        while self.connections.join_next().await.is_some() {}
        Ok(())
    }
}

/// Takes the whole body before anybody works on it, within its time.
async fn whole_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_TIME_MAX, axum::body::to_bytes(body, BODY_MAX)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, bytes.into())).await,
        Ok(Err(error)) => ApiError::body(&error.to_string()).into_response(),
        Err(_) => ApiError::too_slow(BODY_TIME_MAX).into_response(),
    }
}

/// The limit for what is taken whole.
pub(crate) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY_MAX)
}

/// A stream whose peer must take what it is sent.
struct Patient<S> {
    stream: S,
    /// Runs while the peer takes nothing.
    stuck: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl<S> Patient<S> {
    fn new(stream: S) -> Self {
        Self { stream, stuck: None }
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stuck = None;
            return polled;
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIME_MAX)));
        match stuck.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
