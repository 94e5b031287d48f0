//! An S3 server inside the test process, so that a test of S3 needs nothing installed and nothing shared.
//!
//! It is `s3s-fs` over a temporary folder, on a random port of the loopback, with one bucket and one key pair; signatures are
//! checked. It lives on a runtime of its own: a server made in one test's runtime would end with that test.

mod quick_list;

use anyhow::{Context, Result};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use object_store::aws::AmazonS3Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub const BUCKET: &str = "gantry-test";
pub const ACCESS_KEY_ID: &str = "gantry-test-key";
pub const SECRET_ACCESS_KEY: &str = "gantry-test-secret";
pub const REGION: &str = "us-east-1";
/// How long the clients of tests wait for an answer.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Serves until it is dropped; what was stored goes with it.
pub struct S3Server {
    address: SocketAddr,
    folder: TempDir,
    runtime: Option<Runtime>,
}

impl S3Server {
    /// Starts a server with an empty bucket.
    ///
    /// # Errors
    /// When no temporary folder, thread or port is to be had.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the S3 server")?;
        std::fs::create_dir(folder.path().join(BUCKET)).context("the bucket")?;
        let files =
            s3s_fs::FileSystem::new(folder.path()).map_err(|error| anyhow::anyhow!("the S3 server: {error:?}"))?;
        let files = quick_list::QuickList {
            inner: files,
            folder: folder.path().to_owned(),
        };
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listening = runtime.spawn(TcpListener::bind("127.0.0.1:0"));
        let listener = listening.await?.context("a port for the S3 server")?;
        let address = listener.local_addr()?;
        runtime.spawn(serve(listener, service.build()));
        Ok(Self {
            address,
            folder,
            runtime: Some(runtime),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without the bucket.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of the bucket, with the right keys.
    pub fn builder(&self) -> AmazonS3Builder {
        AmazonS3Builder::new()
            .with_endpoint(self.endpoint())
            .with_allow_http(true)
            .with_region(REGION)
            .with_bucket_name(BUCKET)
            .with_access_key_id(ACCESS_KEY_ID)
            .with_secret_access_key(SECRET_ACCESS_KEY)
    }

    /// The settings that give a process of its own the same store: `GANTRY_STORAGE_URL` and what object_store reads.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GANTRY_STORAGE_URL", format!("s3://{BUCKET}")),
            ("AWS_ENDPOINT", self.endpoint()),
            ("AWS_ALLOW_HTTP", "true".into()),
            ("AWS_REGION", REGION.into()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.into()),
        ]
    }

    /// Where the bucket's objects lie as files.
    pub fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join(BUCKET)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            // A client that breaks off is that client's business.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;
    use object_store::path::Path;
    use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart};

    fn client(builder: AmazonS3Builder) -> impl ObjectStore {
        let _ = rustls::crypto::ring::default_provider().install_default();
        builder.build().expect("a client")
    }

    #[tokio::test]
    async fn stores_ranges_parts_lists_and_deletes() {
        let server = S3Server::start().await.expect("a server");
        let store = client(server.builder());
        let small = Path::from("a/b/small");
        store.put(&small, "0123456789".into()).await.expect("put");
        assert_eq!(store.get_range(&small, 3..7).await.expect("range"), "3456");

        let large = Path::from("a/large");
        let bytes: Vec<u8> = (0..12_000_000_u32).map(|at| (at % 251) as u8).collect();
        let mut upload = WriteMultipart::new(store.put_multipart(&large).await.expect("multipart"));
        bytes.chunks(1 << 20).for_each(|chunk| upload.write(chunk));
        upload.finish().await.expect("complete");
        let back = store.get(&large).await.expect("get").bytes().await.expect("bytes");
        assert!(back == bytes, "the parts came back in another shape");
        let across = store.get_range(&large, 5_242_870..5_242_900).await.expect("range");
        assert_eq!(across, bytes[5_242_870..5_242_900]);

        let listed: Vec<_> = store.list(Some(&Path::from("a"))).try_collect().await.expect("list");
        let mut keys: Vec<_> = listed.iter().map(|object| object.location.to_string()).collect();
        keys.sort();
        assert_eq!(keys, ["a/b/small", "a/large"]);

        store.delete(&small).await.expect("delete");
        assert!(matches!(store.get(&small).await, Err(Error::NotFound { .. })));
    }

    #[tokio::test]
    async fn a_wrong_secret_is_refused() {
        let server = S3Server::start().await.expect("a server");
        let store = client(server.builder().with_secret_access_key("another"));
        assert!(store.put(&Path::from("key"), "bytes".into()).await.is_err());
        assert_eq!(std::fs::read_dir(server.folder()).expect("the bucket").count(), 0);
    }

    #[tokio::test]
    async fn a_dropped_server_answers_no_more_and_leaves_no_folder() {
        let server = S3Server::start().await.expect("a server");
        let (folder, address) = (server.folder(), server.address);
        drop(server);
        assert!(!folder.exists());
        let mut left = 0;
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            left += 1;
            assert!(left < 10_000, "the port stays open");
            tokio::task::yield_now().await;
        }
    }
}
