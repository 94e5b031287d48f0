//! A TCP proxy that does what networks and failing servers do, and is told at run time what.
//!
//! It stands between the real binary and a server of the test (the S3 server: faults of the store), or between clients and
//! processes that come and go (a fixed address for them: several targets take turns).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// What becomes of a connection. Bytes are counted for each connection and direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// Connections are reset.
    Refuse,
    /// Each request is answered 503, as an overloaded store does.
    Unavailable,
    /// After so many bytes nothing more comes, and the connection stays open.
    HangAfter(usize),
    /// After so many bytes the connection ends.
    CutAfter(usize),
    /// So many bytes at a time, with this pause between them.
    Slow(usize, Duration),
}

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BUFFER: usize = 64 << 10;

/// Serves until it is dropped; all connections end with it.
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    targets: watch::Sender<Vec<SocketAddr>>,
    passed: Arc<AtomicUsize>,
    _serving: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Starts on a random port of the loopback.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn start(targets: Vec<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (mode, targets) = (watch::Sender::new(Mode::Pass), watch::Sender::new(targets));
        let passed = Arc::new(AtomicUsize::new(0));
        let serving = serve(listener, mode.subscribe(), targets.subscribe(), passed.clone());
        Ok(Self {
            address,
            mode,
            targets,
            passed,
            _serving: AbortOnDropHandle::new(tokio::spawn(serving)),
        })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on. Connections that are open end, so that what one mode began does not outlive it.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Where new connections lead; those that are open stay.
    pub fn lead_to(&self, targets: Vec<SocketAddr>) {
        self.targets.send_replace(targets);
    }

    /// Connections that were made to it so far.
    pub fn connections(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }
}

async fn serve(
    listener: TcpListener,
    mode: watch::Receiver<Mode>,
    targets: watch::Receiver<Vec<SocketAddr>>,
    passed: Arc<AtomicUsize>,
) {
    // Dropping the set ends every connection with the proxy.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let turn = passed.fetch_add(1, Ordering::Relaxed);
        let (mut mode, targets) = (mode.clone(), targets.clone());
        connections.spawn(async move {
            let now = *mode.borrow_and_update();
            tokio::select! {
                // Broken connections are what this is for.
                _ = connection(client, now, &targets, turn) => {}
                _ = mode.changed() => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(
    client: TcpStream,
    mode: Mode,
    targets: &watch::Receiver<Vec<SocketAddr>>,
    turn: usize,
) -> io::Result<()> {
    match mode {
        Mode::Refuse => client.set_zero_linger(),
        Mode::Unavailable => unavailable(client).await,
        _ => {
            let targets = targets.borrow().clone();
            let server = connect(&targets, turn).await?;
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let up = pass(&mut from_client, &mut to_server, mode);
            let down = pass(&mut from_server, &mut to_client, mode);
            tokio::try_join!(up, down).map(drop)
        }
    }
}

/// The first that takes the connection, beginning with another one each time.
async fn connect(targets: &[SocketAddr], turn: usize) -> io::Result<TcpStream> {
    for step in 0..targets.len() {
        if let Ok(server) = TcpStream::connect(targets[(turn + step) % targets.len()]).await {
            return Ok(server);
        }
    }
    Err(io::ErrorKind::ConnectionRefused.into())
}

async fn pass(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), mode: Mode) -> io::Result<()> {
    let (mut left, step) = match mode {
        Mode::HangAfter(bytes) | Mode::CutAfter(bytes) => (bytes, BUFFER),
        Mode::Slow(bytes, _) => (usize::MAX, bytes),
        _ => (usize::MAX, BUFFER),
    };
    let mut buffer = vec![0; step];
    loop {
        if left == 0 {
            match mode {
                Mode::HangAfter(_) => std::future::pending().await,
                _ => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        let most = step.min(left);
        let read = from.read(&mut buffer[..most]).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
        left -= read;
        if let Mode::Slow(_, pause) = mode {
            tokio::time::sleep(pause).await;
        }
    }
}

/// Answers after the head of the request, and takes the rest, so that the client reads the answer.
async fn unavailable(mut client: TcpStream) -> io::Result<()> {
    let (mut head, mut buffer) = (Vec::new(), vec![0; BUFFER]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match client.read(&mut buffer).await? {
            0 => return Ok(()),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    client.write_all(ANSWER).await?;
    client.shutdown().await?;
    while client.read(&mut buffer).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = socket.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn said(proxy: &Proxy, text: &[u8]) -> io::Result<Vec<u8>> {
        let mut socket = TcpStream::connect(proxy.address).await?;
        socket.write_all(text).await?;
        socket.shutdown().await?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn each_mode_does_what_it_says_and_the_next_one_repairs_it() {
        let proxy = Proxy::start(vec![echo().await]).await.expect("a proxy");
        let text = [7; 10_000];
        assert_eq!(said(&proxy, &text).await.expect("passed"), text);
        proxy.set(Mode::Refuse);
        assert!(said(&proxy, &text).await.map_or(true, |answer| answer.is_empty()));
        proxy.set(Mode::CutAfter(4_000));
        assert!(said(&proxy, &text).await.map_or(true, |answer| answer.len() <= 4_000));
        proxy.set(Mode::Slow(1_000, Duration::from_millis(1)));
        assert_eq!(said(&proxy, &text).await.expect("slow"), text);
        proxy.set(Mode::Unavailable);
        let answer = said(&proxy, b"PUT /key HTTP/1.1\r\nhost: store\r\n\r\nbody").await.expect("an answer");
        assert_eq!(answer, ANSWER);
        proxy.set(Mode::Pass);
        assert_eq!(said(&proxy, &text).await.expect("passed again"), text);
    }

    #[tokio::test]
    async fn a_hanging_connection_ends_when_the_mode_does() {
        let proxy = Proxy::start(vec![echo().await]).await.expect("a proxy");
        proxy.set(Mode::HangAfter(100));
        let mut socket = TcpStream::connect(proxy.address).await.expect("connected");
        socket.write_all(&[7; 1_000]).await.expect("sent");
        let mut first = [0; 100];
        socket.read_exact(&mut first).await.expect("what comes before the hang");
        let mut more = [0; 1];
        let silent = tokio::time::timeout(Duration::from_millis(50), socket.read(&mut more)).await;
        assert!(silent.is_err(), "nothing comes after it");
        proxy.set(Mode::Pass);
        assert!(matches!(socket.read(&mut more).await, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn a_target_that_is_gone_is_passed_over() {
        let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
        let proxy = Proxy::start(vec![gone, echo().await]).await.expect("a proxy");
        for _ in 0..4 {
            assert_eq!(said(&proxy, b"hello").await.expect("passed"), b"hello");
        }
        proxy.lead_to(vec![]);
        assert!(said(&proxy, b"hello").await.map_or(true, |answer| answer.is_empty()));
    }
}
