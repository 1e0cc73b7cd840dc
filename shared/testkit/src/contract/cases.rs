//! How a suite becomes tests.

use std::time::Duration;

/// How long one case may take. None waits for real time to pass, so this only ends a hang.
const CASE: Duration = Duration::from_secs(120);

/// Runs a case, and fails it when it hangs.
pub async fn bounded(case: impl Future<Output = ()>) {
    tokio::time::timeout(CASE, case)
        .await
        .expect("the case must not hang");
}

/// Expands to one test per case, in a module per part of the suite. `open` is an async function
/// beside the macro's call that returns a fresh world.
#[macro_export]
macro_rules! contract_cases {
    ($open:ident, $suite:ident; $($part:ident: [$($case:ident),* $(,)?])*) => {
        $(
            mod $part {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        let world = super::$open().await;
                        let case = $crate::contract::$suite::$part::$case(&world);
                        $crate::contract::cases::bounded(case).await;
                    }
                )*
            }
        )*
    };
}
