//! Simulates AppStream 2.0 and WorkSpaces Pools on a local address, to test and measure
//! programs that call them.

mod state_file;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use appstream_simulator::{Company, Fault, Instance, Options, Simulator, TlsFiles, Uniform, World};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// The account that owns the static world.
const ACCOUNT_ID: &str = "123456789012";

/// Simulates AppStream 2.0 and WorkSpaces Pools on a local address.
///
/// Responds like an AWS account with fleets, stacks, pools and sessions. Any credentials
/// are accepted; signatures are not verified.
///
/// The address is also an HTTP proxy to these services, an EC2 instance metadata service
/// (AWS_EC2_METADATA_SERVICE_ENDPOINT=http://ADDRESS) and a source of container credentials
/// (AWS_CONTAINER_CREDENTIALS_FULL_URI=http://ADDRESS/credentials).
#[derive(Debug, Parser)]
#[command(
    name = "appstream-simulator",
    version,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Address to listen on; port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:10191")]
    listen_address: SocketAddr,

    /// Simulate a company with two regions, and a day of ten minutes
    #[arg(long, conflicts_with_all = ["fleets", "sessions", "pools"])]
    demo: bool,

    /// Number of running fleets, each with its own stack
    #[arg(long, default_value_t = 4, value_name = "N")]
    fleets: usize,

    /// Number of fleet sessions, evenly distributed; pools have a tenth as many in addition
    #[arg(long, default_value_t = 100, value_name = "N")]
    sessions: usize,

    /// Number of WorkSpaces pools
    #[arg(long, default_value_t = 1, value_name = "N")]
    pools: usize,

    /// JSON file with the account: read at startup if it exists, and written at exit
    #[arg(long, conflicts_with_all = ["demo", "fleets", "sessions", "pools"], value_name = "FILE")]
    state: Option<PathBuf>,

    /// Speed of the clock for resources that clients create or change
    #[arg(long, default_value = "1", value_parser = speed, conflicts_with = "demo", value_name = "N")]
    speed: f64,

    /// Random seed; the same seed gives the same world
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,

    /// Delay of each response, with its unit, such as 20ms
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    latency: Duration,

    /// Rate limit of each region and service, with a burst of one second; further requests
    /// are throttled
    #[arg(long, value_parser = positive_rate, value_name = "N")]
    requests_per_second: Option<f64>,

    /// Fault to inject into all calls, or into calls that match its restrictions:
    /// EFFECT[=VALUE][,RESTRICTION=VALUE]..., such as reset,service=metadata,times=3;
    /// may be repeated. docs/simulator.md lists effects and restrictions
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,

    /// Region in instance metadata; without it, metadata returns 404
    #[arg(long, conflicts_with = "demo", value_name = "REGION")]
    instance_region: Option<String>,

    /// Role in instance metadata; without it, metadata returns 404
    #[arg(long, conflicts_with = "demo", value_name = "NAME")]
    instance_role: Option<String>,

    /// PEM file with a certificate, to serve TLS and HTTP on the same port
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,

    /// PEM file with the private key
    #[arg(long, requires = "tls_certificate", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print credentials in the format of credential_process, and exit
    Credentials {
        /// Delay, with its unit, such as 40s
        #[arg(long, default_value = "0s", value_parser = humantime::parse_duration, value_name = "DURATION")]
        after: Duration,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(Command::Credentials { after }) = arguments.command {
        tokio::time::sleep(after).await;
        print_credentials();
        return Ok(());
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let state = arguments.state.as_deref();
    let stored = state.map(state_file::read).transpose()?.flatten();
    let simulator = start(&arguments, stored).await?;
    for fault in &arguments.fault {
        simulator.inject(fault.clone());
    }
    announce(&simulator);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    let world = simulator.world();
    simulator.shutdown().await;
    arguments
        .state
        .map_or(Ok(()), |path| state_file::write(&path, &world))
}

async fn start(arguments: &Arguments, stored: Option<World>) -> std::io::Result<Simulator> {
    let options = Options {
        listen: arguments.listen_address,
        latency: arguments.latency,
        requests_per_second: arguments.requests_per_second,
        burst: arguments.requests_per_second.map_or(1, one_second_worth),
        tls: tls_files(arguments),
        speed: arguments.speed,
    };
    if arguments.demo {
        return Simulator::start_with(Company::new(arguments.seed), options).await;
    }
    let size = Uniform {
        fleets: arguments.fleets,
        sessions: arguments.sessions,
        pools: arguments.pools,
        seed: arguments.seed,
    };
    // Without a file that can be read yet, there is nothing: clients create what they need.
    let world = match (stored, &arguments.state) {
        (Some(world), _) => world,
        (None, Some(_)) => World::new(ACCOUNT_ID),
        (None, None) => size.world(ACCOUNT_ID),
    };
    let instance = Instance {
        region: arguments.instance_region.clone(),
        role: arguments.instance_role.clone(),
    };
    // Without the flags, an instance that the file has stays.
    let world = match instance {
        Instance {
            region: None,
            role: None,
        } => world,
        instance => world.instance(instance),
    };
    Simulator::start(world, options).await
}

fn tls_files(arguments: &Arguments) -> Option<TlsFiles> {
    Some(TlsFiles {
        certificate: arguments.tls_certificate.clone()?,
        key: arguments.tls_key.clone()?,
    })
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.0..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 0 to 100000".to_owned()),
    }
}

fn positive_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(rate),
        _ => Err("must be a number above zero".to_owned()),
    }
}

/// The requests a full second grants, as the burst of a rate.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rate is positive, and a cast saturates"
)]
fn one_second_worth(requests_per_second: f64) -> u32 {
    requests_per_second.ceil() as u32
}

#[expect(
    clippy::print_stdout,
    reason = "callers of the simulator read its address here"
)]
fn announce(simulator: &Simulator) {
    println!(
        "AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=eu-central-1",
        simulator.endpoint_url()
    );
}

#[expect(
    clippy::print_stdout,
    reason = "the AWS client that runs the program reads them here"
)]
fn print_credentials() {
    println!(r#"{{"Version": 1, "AccessKeyId": "simulated", "SecretAccessKey": "simulated"}}"#);
}

#[expect(
    clippy::print_stderr,
    reason = "there is no log before the simulator runs"
)]
fn report(error: &dyn Error) {
    eprintln!("appstream-simulator: {error}");
}
