//! The store: a writer, readers, a clock.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{Error, Result, Timestamp, ports::About, ports::Clock};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{
    connect::{self, Synchronous},
    error::{Failure, OpenError},
    readers::Readers,
    schema,
    writer::{Lane, Writer, WriterOptions, WriterStats},
};

/// How a store is opened. [`Options::new`] gives what servers use.
#[derive(Clone)]
pub struct Options {
    /// What a commit waits for.
    pub synchronous: Synchronous,
    /// The store's time.
    pub clock: Arc<dyn Clock>,
    /// How many reads run at once, at least one.
    pub readers: usize,
    /// How long a read may run before it is ended and answered with `unavailable`.
    pub read_limit: Duration,
    /// How many commands may wait; one more is `busy`.
    pub command_lane: usize,
    /// How many pieces of background work may wait; one more is `busy`.
    pub background_lane: usize,
    /// How large the WAL may grow before writing waits for it to be emptied, in bytes.
    pub wal_cap: u64,
}

impl Options {
    /// Durable, for a server.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            synchronous: Synchronous::Full,
            clock,
            readers: 4,
            read_limit: Duration::from_secs(5),
            command_lane: 4_096,
            background_lane: 4_096,
            wal_cap: 64 * 1024 * 1024,
        }
    }
}

/// All that is durable, in one SQLite file (and its WAL beside it). Never on a network share.
pub struct SqliteStore {
    pub(crate) clock: Arc<dyn Clock>,
    path: PathBuf,
    synchronous: Synchronous,
    epoch: Uuid,
    readers: Readers,
    writer: Arc<Writer>,
}

impl SqliteStore {
    /// Opens the database at `path`, makes it if it is not there, brings its schema up to date,
    /// and starts the writer. The directory must exist. Blocks while it does so.
    ///
    /// # Errors
    /// When another process has it, it is locked, read-only, foreign or too new, or the system
    /// refuses; the text says what to do.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let failed = |source| OpenError::Failed {
            path: path.to_owned(),
            source,
        };
        let own = connect::writer(path, options.synchronous)?;
        if schema::intake(&own.conn)
            .map_err(|error| failed(error.into()))?
            .is_some()
        {
            return Err(OpenError::Unfinished {
                path: path.to_owned(),
            });
        }
        let epoch = schema::epoch(&own.conn).map_err(|error| failed(error.into()))?;
        let readers = Readers::open(path, options.readers, options.read_limit)?;
        let writer = WriterOptions {
            path: path.to_owned(),
            commands: options.command_lane,
            background: options.background_lane,
            wal_cap: options.wal_cap,
        };
        let writer = Writer::start(own, writer).map_err(|error| failed(error.into()))?;
        Ok(Self {
            clock: options.clock,
            path: path.to_owned(),
            synchronous: options.synchronous,
            epoch,
            readers,
            writer: Arc::new(writer),
        })
    }

    /// What the writer did since the store was opened.
    #[must_use]
    pub fn stats(&self) -> WriterStats {
        self.writer.stats()
    }

    /// Has `work` done in a savepoint of the writer's next transaction, and waits for the commit.
    /// An error takes back what `work` did, and only that.
    pub(crate) async fn write<T, F>(&self, lane: Lane, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.writer.write(lane, work).await
    }

    /// Runs `work` on a read-only connection; all its statements see the same moment.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// The store's time.
    pub(crate) fn now(&self) -> Timestamp {
        domain::to_millis(self.clock.now())
    }
}

#[async_trait::async_trait]
impl About for SqliteStore {
    async fn epoch(&self) -> Result<Uuid> {
        Ok(self.epoch)
    }

    async fn ping(&self) -> Result<()> {
        self.write(Lane::Command, |conn| {
            // A real change: what is overwritten with itself, SQLite does not write.
            let sql = "INSERT INTO meta (name, value) VALUES ('ping', '1')
                ON CONFLICT (name) DO UPDATE SET value = CAST(value + 1 AS TEXT)";
            conn.prepare_cached(sql)?.execute([])?;
            Ok(())
        })
        .await?;
        // So small a change may find room that others do not.
        match self.writer.trouble() {
            Some(cause) => Err(Error::unavailable(cause)),
            None => Ok(()),
        }
    }

    /// One process has the file.
    fn is_shared(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        let weak = match self.synchronous {
            Synchronous::Full => "",
            Synchronous::Off => "; a power cut loses what was answered",
        };
        format!(
            "SQLite {} at {} (WAL, synchronous={}{weak})",
            rusqlite::version(),
            self.path.display(),
            self.synchronous.name(),
        )
    }

    async fn close(&self) {
        self.readers.close();
        let writer = Arc::clone(&self.writer);
        let closed = tokio::task::spawn_blocking(move || writer.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "the store was not closed in order");
        }
    }
}
