//! The exporter's process: flags, then the program, then an exit code.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | ended by a signal, or done (`--once`, `--config.check`, `--config.print`) |
//! | 1 | failed while running, or a collector failed (`--once`) |
//! | 2 | flags that make no sense |
//! | 64 | a configuration that cannot be used |

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use appstream_exporter::app;
use appstream_exporter::cli::Cli;
use appstream_exporter::logging;
use appstream_exporter::server::Inherited;

const FAILED: u8 = 1;
const BAD_CONFIGURATION: u8 = 64;

fn main() -> ExitCode {
    let cli = Cli::read();
    let rust_log = std::env::var("RUST_LOG").ok();
    logging::start(cli.log_level, cli.log_format, rust_log.as_deref());
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(if error.is_configuration() {
                BAD_CONFIGURATION
            } else {
                FAILED
            })
        }
    }
}

fn run(cli: Cli) -> Result<(), app::Error> {
    // It changes the environment, which only a single thread may do.
    let inherited = cli.systemd_socket.then(Inherited::take);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(app::Error::Start)?;
    let result = runtime.block_on(app::run(cli, inherited, &mut std::io::stdout()));
    // Host name lookups run on threads that cannot be stopped, and their results are not needed
    // any more.
    runtime.shutdown_timeout(Duration::ZERO);
    result
}

/// Prints the error that ends the process, at any log level and format.
fn report(error: &app::Error) {
    let mut stderr = std::io::stderr().lock();
    for line in error.to_string().lines() {
        // If standard error is closed, the error cannot be reported.
        let _ = writeln!(stderr, "appstream-exporter: {line}");
    }
}
