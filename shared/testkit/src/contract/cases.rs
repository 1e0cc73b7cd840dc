//! How a suite becomes tests.

use std::time::Duration;

/// How long one case may take. None waits for real time to pass, so this only ends a hang. Long,
/// since the MongoDB server of tests looks at a whole collection for what it has no index for.
const CASE: Duration = Duration::from_secs(300);

/// Runs a case, and fails it when it hangs.
pub async fn bounded(case: impl Future<Output = ()>) {
    tokio::time::timeout(CASE, case)
        .await
        .expect("the case must not hang");
}

/// What `open` returned: a world, or `None` where there can be none and the reason was printed.
pub struct Opened<T>(pub T);

impl<T> Opened<Option<T>> {
    /// The world, if there is one.
    pub fn world(self) -> Option<T> {
        self.0
    }
}

/// The same for an `open` that always makes a world. [`Opened`]'s own method comes before it.
pub trait Always {
    /// The world.
    type World;

    /// The world, which there is.
    fn world(self) -> Option<Self::World>;
}

impl<T> Always for Opened<T> {
    type World = T;

    fn world(self) -> Option<T> {
        Some(self.0)
    }
}

/// Expands to one test per case, in a module per part of the suite. `open` is an async function
/// beside the macro's call that returns a fresh world, or an `Option` of one: at `None` the case is
/// skipped.
#[macro_export]
macro_rules! contract_cases {
    ($open:ident, $suite:ident; $($part:ident: [$($case:ident),* $(,)?])*) => {
        $(
            mod $part {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        #[allow(unused_imports, reason = "an `open` may have its own")]
                        use $crate::contract::cases::{Always as _, Opened};
                        let Some(world) = Opened(super::$open().await).world() else {
                            return;
                        };
                        let case = $crate::contract::$suite::$part::$case(&world);
                        $crate::contract::cases::bounded(case).await;
                    }
                )*
            }
        )*
    };
}
