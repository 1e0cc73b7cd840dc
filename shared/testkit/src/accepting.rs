//! Whoever connects to a port is served, until that is dropped.

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Serves each connection in a task of its own. Dropping it ends all of them.
pub struct Accepting {
    _tasks: JoinSet<()>,
}

impl Accepting {
    /// Accepts on a listener. `serve` is called in the order in which the connections came.
    pub fn on<S, F>(listener: TcpListener, mut serve: S) -> Self
    where
        S: FnMut(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut links = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                while links.try_join_next().is_some() {}
                links.spawn(serve(client));
            }
        });
        Self { _tasks: tasks }
    }
}
