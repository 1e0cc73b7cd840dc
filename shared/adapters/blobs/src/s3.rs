//! Blobs in storage that speaks S3: Amazon's, MinIO, Ceph, Garage, R2, ….

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Code, Error, FileId, Result,
    ports::{Blobs, ByteStream},
};
use futures_util::StreamExt;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    buffered::BufWriter,
    path::Path,
};
use tokio::io::AsyncWriteExt;

/// What is sent at once: the smallest part that S3 takes of a larger object. A file that is
/// smaller is one request.
const PART: usize = 5 * 1024 * 1024;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// How often a request that failed is sent again.
const RETRIES: usize = 2;

/// Where the storage is, and who we are there. It prints without the secret.
#[derive(Clone)]
pub struct S3Options {
    /// The address, `https://…` or `http://…`; empty is Amazon's.
    pub endpoint: String,
    /// The region, which is part of every signature.
    pub region: String,
    /// The bucket. It must be there.
    pub bucket: String,
    /// What all keys begin with; may be empty.
    pub prefix: String,
    /// The name of the key. Empty: the machine's own role is asked for (EC2, ECS, EKS).
    pub access_key_id: String,
    /// The key itself.
    pub secret_access_key: String,
    /// Whether the bucket is part of the host's name instead of the path.
    pub virtual_host: bool,
    /// How long one request may go without any progress.
    pub timeout: Duration,
}

impl fmt::Debug for S3Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Options")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// The options make no sense together.
#[derive(Debug, thiserror::Error)]
#[error("the S3 storage cannot be used: {0}")]
pub struct S3Problem(#[from] object_store::Error);

/// Blobs in one bucket, below one prefix.
#[derive(Debug)]
pub struct S3Blobs {
    store: Arc<AmazonS3>,
    prefix: String,
    shown: String,
}

impl S3Blobs {
    /// Takes the options. Asks nothing of the storage yet: chat goes on without it.
    ///
    /// # Errors
    /// When the options contradict each other.
    pub fn open(options: &S3Options) -> Result<Self, S3Problem> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&options.bucket)
            .with_region(&options.region)
            .with_virtual_hosted_style_request(options.virtual_host)
            .with_client_options(client(options))
            .with_retry(retry(options.timeout))
            .with_disable_bulk_delete(true);
        if !options.endpoint.is_empty() {
            builder = builder.with_endpoint(&options.endpoint);
        }
        if !options.access_key_id.is_empty() {
            builder = builder
                .with_access_key_id(&options.access_key_id)
                .with_secret_access_key(&options.secret_access_key);
        }
        Ok(Self {
            store: Arc::new(builder.build()?),
            prefix: options.prefix.trim_matches('/').to_owned(),
            shown: format!("s3://{}/{}", options.bucket, options.prefix),
        })
    }

    fn key(&self, id: FileId) -> Path {
        Path::from(format!("{}/{id}", self.prefix))
    }

    async fn write(&self, writer: &mut BufWriter, most: u64, mut body: ByteStream) -> Result<u64> {
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            let piece = piece?;
            bytes += piece.len() as u64;
            if bytes > most {
                return Err(Code::FileTooLarge.into());
            }
            writer.put(piece).await.map_err(Error::unavailable)?;
        }
        Ok(bytes)
    }
}

fn client(options: &S3Options) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(options.endpoint.starts_with("http://"))
        .with_connect_timeout(CONNECT.min(options.timeout))
        // A reader who is slow takes longer for the whole than any one limit would allow.
        .with_timeout_disabled()
        .with_read_timeout(options.timeout)
}

fn retry(timeout: Duration) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
        max_retries: RETRIES,
        retry_timeout: timeout,
    }
}

#[async_trait]
impl Blobs for S3Blobs {
    /// An object appears when its last part is in. Parts of a `put` that was killed stay at the
    /// storage until its own rule removes them (`AbortIncompleteMultipartUpload`).
    async fn put(&self, id: FileId, most: u64, body: ByteStream) -> Result<u64> {
        let store = Arc::clone(&self.store) as Arc<dyn ObjectStore>;
        let mut writer =
            BufWriter::with_capacity(store, self.key(id), PART).with_max_concurrency(1);
        match self.write(&mut writer, most, body).await {
            Ok(bytes) => {
                writer.shutdown().await.map_err(Error::unavailable)?;
                Ok(bytes)
            }
            Err(error) => {
                // The refusal is what counts; parts that stay are garbage and no object.
                let _ = writer.abort().await;
                Err(error)
            }
        }
    }

    async fn get(&self, id: FileId, range: Range<u64>) -> Result<Option<ByteStream>> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        match self.store.get_opts(&self.key(id), options).await {
            Ok(found) => Ok(Some(Box::pin(
                found
                    .into_stream()
                    .map(|piece| piece.map_err(Error::unavailable)),
            ))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    async fn delete(&self, id: FileId) -> Result<()> {
        match self.store.delete(&self.key(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    fn describe(&self) -> String {
        format!("files at {}", self.shown)
    }
}
