//! The two doors: a Unix socket, and TCP with a token.

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{TcpListener, UnixListener};

use crate::auth::{self, Peer, Token};
use crate::{App, router};

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        match stream.io().peer_cred() {
            Ok(who) => Peer::Local { uid: who.uid(), pid: who.pid() },
            // Nobody's number: such a peer is let in nowhere.
            Err(_) => Peer::Local { uid: u32::MAX, pid: None },
        }
    }
}

/// Serves the Unix socket until `stop` is done.
pub async fn serve_unix(
    app: App,
    listener: UnixListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app: Router = router(app).layer(axum::middleware::from_fn(auth::local));
    axum::serve(listener, app.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await
}

/// Serves TCP, for those who know the token, until `stop` is done.
pub async fn serve_tcp(
    app: App,
    listener: TcpListener,
    token: Token,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app: Router = router(app).layer(axum::middleware::from_fn_with_state(token, auth::remote));
    axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>())
        .with_graceful_shutdown(stop)
        .await
}
