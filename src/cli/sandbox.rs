//! `tillgate sandbox`: a processor's simulator by itself, until it is stopped.

use super::{Failed, output};
use crate::clock::{Clock, Entropy};
use crate::config::{Log, LogFormat};
use crate::processors::{paygate, rest_gateway, sopg};
use crate::telemetry;
use std::net::{SocketAddr, TcpListener};
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Paygate: server calls, hosted pages, notifications, batch files.
    #[command(after_help = PAYGATE_EXAMPLES)]
    Paygate(Listen),
    /// SOPG: the SOAP service, the customer's panel, notifications.
    #[command(after_help = SOPG_EXAMPLES)]
    Sopg(Listen),
    /// The REST gateway: payments, payouts, invoices, callbacks.
    #[command(after_help = REST_EXAMPLES)]
    RestGateway(Listen),
}

#[derive(clap::Args)]
pub struct Listen {
    /// Where to listen; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

const PAYGATE_EXAMPLES: &str = "\
Examples:
  tillgate sandbox paygate --listen 127.0.0.1:8091
  curl http://127.0.0.1:8091/control/books
  curl -H 'content-type: application/json' http://127.0.0.1:8091/control/faults \\
    -d '{\"endpoint\":\"creditex.aspx\",\"call\":\"drop_after\"}'

Its merchant and keys are invented and printed at the start. http://127.0.0.1:8091/ says what else can be ordered.";
const SOPG_EXAMPLES: &str = "\
Examples:
  tillgate sandbox sopg --listen 127.0.0.1:8092

Its accounts and passwords are invented and printed at the start.";
const REST_EXAMPLES: &str = "\
Examples:
  tillgate sandbox rest-gateway --listen 127.0.0.1:8093

Its account and key are invented and printed at the start.";

pub fn run(command: &Command) -> Result<(), Failed> {
    let log = Log { format: LogFormat::Pretty, level: "info".to_owned() };
    telemetry::start_logging(&log).map_err(Failed::Config)?;
    let (Command::Paygate(listen) | Command::Sopg(listen) | Command::RestGateway(listen)) = command;
    let address = listen.listen;
    let unbound = |error: std::io::Error| Failed::Down(format!("can't listen on {address}: {error}"));
    let listener = TcpListener::bind(address).map_err(unbound)?;
    let ended = actix_web::rt::System::new().block_on(async {
        match command {
            Command::Paygate(_) => run_paygate(listener).await,
            Command::Sopg(_) => run_sopg(listener).await,
            Command::RestGateway(_) => run_rest_gateway(listener).await,
        }
    });
    ended.map_err(|error| Failed::Down(format!("the simulator ended: {error}")))
}

/// Who may stop us. Made before the greeting, so that whoever has read it can.
struct Stop {
    terminated: Signal,
    interrupted: Signal,
}

impl Stop {
    fn new() -> std::io::Result<Stop> {
        let terminated = signal(SignalKind::terminate())?;
        Ok(Stop { terminated, interrupted: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }
}

/// Invented accounts are no secrets: without them nobody could try the simulator.
fn greet(lines: &[String]) {
    // A closed output does not keep a simulator from running.
    let _ = output::line(&lines.join("\n"));
}

async fn run_paygate(listener: TcpListener) -> std::io::Result<()> {
    let mut stop = Stop::new()?;
    let merchant = paygate::simulator::Merchant::default();
    let (id, key, mac) = (merchant.id.clone(), merchant.password.clone(), merchant.mac_password.clone());
    let simulator =
        paygate::simulator::Simulator::start(listener, vec![merchant], Clock::system(), Entropy::system())?;
    greet(&[
        format!("Paygate's simulator at {}", simulator.base_url),
        format!("  merchant {id}, Blowfish password {key}, MAC password {mac}"),
    ]);
    tokio::select! {
        () = simulator.keep_delivering() => {}
        () = stop.asked() => {}
    }
    simulator.stop().await;
    Ok(())
}

async fn run_sopg(listener: TcpListener) -> std::io::Result<()> {
    let mut stop = Stop::new()?;
    let simulator = sopg::simulator::start(listener, Clock::system(), sopg::simulator::Deliver::ByItself)?;
    let mut lines = vec![
        format!("SOPG's simulator at {}", simulator.endpoint()),
        format!("  panel {}, Cash-Ticket's {}", simulator.panel(), simulator.cash_ticket_panel()),
    ];
    for merchant in sopg::simulator::demo_merchants() {
        lines.push(format!("  account {}, password {}", merchant.username, merchant.password));
    }
    greet(&lines);
    stop.asked().await;
    simulator.stop().await;
    Ok(())
}

async fn run_rest_gateway(listener: TcpListener) -> std::io::Result<()> {
    let mut stop = Stop::new()?;
    let setup = rest_gateway::simulator::Setup::default();
    let account = format!(
        "  partner {}, member {}, terminal {}, user {}, secure key {}",
        setup.partner_id, setup.member_id, setup.terminal_id, setup.username, setup.secure_key
    );
    let simulator = rest_gateway::simulator::Simulator::new(setup, Clock::system(), Entropy::system());
    let running = rest_gateway::simulator::start(listener, simulator)?;
    greet(&[format!("The REST gateway's simulator at {}", running.base_url()), account]);
    stop.asked().await;
    running.stop().await;
    Ok(())
}
