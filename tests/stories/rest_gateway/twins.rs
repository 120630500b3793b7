//! Two charges of one amount at the same time: one is looked for while the other is being made. What the first is shown
//! then is the other's, and must not be credited to it.

use super::*;
use crate::support::databases;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tillgate::processors::rest_gateway::simulator::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Stands between the server and the gateway, and holds one call of a name until it is let go.
struct Between {
    address: SocketAddr,
    /// A question for the list, before the gateway has it.
    list: Hold,
    /// The answer to a charge, after the gateway has made it.
    charge: Hold,
}

#[derive(Default)]
struct Hold {
    armed: AtomicBool,
    arrived: Notify,
    go: Notify,
}

impl Hold {
    async fn wait(&self) {
        if self.armed.swap(false, Ordering::SeqCst) {
            self.arrived.notify_one();
            self.go.notified().await;
        }
    }
}

impl Between {
    /// Listens in the place of an address, which it hands everything on to.
    fn before(gateway: SocketAddr) -> Arc<Between> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("not blocking");
        let address = listener.local_addr().expect("an address");
        let between = Arc::new(Between { address, list: Hold::default(), charge: Hold::default() });
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let shared = between.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let between = shared.clone();
                tokio::spawn(async move {
                    // A connection that breaks is the caller's to notice.
                    let _ = between.carry(client, gateway).await;
                });
            }
        });
        between
    }

    async fn carry(&self, mut client: TcpStream, gateway: SocketAddr) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !is_whole(&request) {
            if client.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let first = String::from_utf8_lossy(&request);
        let first = first.lines().next().unwrap_or_default().to_owned();
        if first.contains("/getTransactionList") {
            self.list.wait().await;
        }
        let mut server = TcpStream::connect(gateway).await?;
        server.write_all(&request).await?;
        // Its answer begins to arrive, so it is done there.
        server.peek(&mut [0]).await?;
        if first.contains("/paywithtoken/") {
            self.charge.wait().await;
        }
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_is_made_while_a_lost_one_is_looked_for_stays_its_own() {
    for scratch in databases() {
        let mut placed = None;
        let stage = Stage::with(scratch, |settings| {
            let account = settings.rest_gateway.get_mut("rest").expect("an account");
            let gateway =
                account.base_url.split('/').nth(2).expect("an address").parse().expect("an address");
            let between = Between::before(gateway);
            account.base_url = account.base_url.replace(&gateway.to_string(), &between.address.to_string());
            // Nothing is given up while it is held.
            account.payment_timeout_ms = 60_000;
            account.read_timeout_ms = 60_000;
            placed = Some(between);
        })
        .await;
        let between = placed.expect("it stands there");
        let stored = and(stage.card("1.00", CARD_APPROVED), json!({ "StoreCard": "true" }));
        assert_eq!(stage.call("CreateDeposit", stored).await["DepositStatus"], "Credited");

        let lost = stage.wish("RestCard", "15.00");
        stage.simulator.plan("paywithtoken", Fault::BadGatewayBefore);
        assert_eq!(stage.call("ChargeStored", lost.clone()).await["Status"], -1);
        assert_eq!(stage.simulator.processed("paywithtoken"), 0);

        // The lost one is asked about; before its list is read the other is made, but not yet answered.
        between.list.armed.store(true, Ordering::SeqCst);
        between.charge.armed.store(true, Ordering::SeqCst);
        let decided = Notify::new();
        let asking = async {
            let reply = stage.call("ChargeStored", lost.clone()).await;
            decided.notify_one();
            reply
        };
        let charging = async {
            between.list.arrived.notified().await;
            stage.call("ChargeStored", stage.wish("RestCard", "15.00")).await
        };
        let conducting = async {
            between.charge.arrived.notified().await;
            between.list.go.notify_one();
            decided.notified().await;
            between.charge.go.notify_one();
        };
        let (asked, charged, ()) = tokio::join!(asking, charging, conducting);
        assert_eq!(asked["Status"], -1, "what it was shown is the other's: {asked}");
        assert_eq!(
            (&charged["Status"], &charged["DepositStatus"]),
            (&json!(0), &json!("Credited")),
            "{charged}"
        );
        assert_eq!(stage.balance().await, 1600);

        // In the end the lost one was not made.
        let found = stage.call("GetDeposit", json!({ "TraceID": lost["TraceID"] })).await;
        assert_eq!(stage.ends_as(&id(&found)).await, "Declined");
        assert_eq!(stage.balance().await, 1600);
        assert_eq!(stage.simulator.processed("paywithtoken"), 1);
        stage.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_charge_does_not_take_a_payment_of_another_card_or_another_time() {
    for scratch in databases() {
        let stage = Stage::on(scratch).await;
        let stored = and(stage.card("1.00", CARD_APPROVED), json!({ "StoreCard": "true" }));
        assert_eq!(stage.call("CreateDeposit", stored).await["DepositStatus"], "Credited");
        // The merchant charges the same amount without us: the same card in the morning, another one right now.
        let elsewhere = elsewhere(&stage).await;
        let (visa, other) =
            (elsewhere.stores(CARD_APPROVED).await, elsewhere.stores("4111111111111111").await);
        elsewhere.charges(&visa).await;
        stage.later(6 * 60).await;
        let lost = stage.wish("RestCard", "15.00");
        stage.simulator.plan("paywithtoken", Fault::ResetBefore);
        assert_eq!(stage.call("ChargeStored", lost.clone()).await["Status"], -1);
        elsewhere.charges(&other).await;
        let found = stage.call("GetDeposit", json!({ "TraceID": lost["TraceID"] })).await;
        assert_eq!(stage.ends_as(&id(&found)).await, "Declined");
        assert_eq!(stage.balance().await, 100);
        assert_eq!(stage.simulator.books().totals("EUR").captured, 100 + 2 * 1500);
        stage.story.ends().await;
        stage.gateway.stop().await;
    }
}

/// Another program of the same merchant, with the same keys.
struct Elsewhere {
    gateway: tillgate::processors::rest_gateway::RestGateway,
}

async fn elsewhere(stage: &Stage) -> Elsewhere {
    let settings = crate::rest_gateway::settings_of(&stage.gateway);
    let gateway =
        tillgate::processors::rest_gateway::RestGateway::new(settings, stage.simulator.clock().clone());
    Elsewhere { gateway: gateway.expect("a client") }
}

impl Elsewhere {
    async fn stores(&self, number: &str) -> String {
        use tillgate::processors::rest_gateway::operations::registration::{self, Registration, Storable};
        let (card, customer) = (crate::rest_gateway::card(number), crate::rest_gateway::ana());
        let currency = tillgate::domain::money::Currency::find("EUR").expect("a currency");
        let wish =
            Registration { means: Storable::Card(&card), customer: &customer, currency, notify_url: None };
        registration::send(self.gateway.client(), &wish).await.expect("a token")
    }

    async fn charges(&self, registration: &str) {
        use tillgate::processors::rest_gateway::operations::token_payment::{self, TokenPayment};
        let wish = TokenPayment {
            registration,
            amount: crate::rest_gateway::eur("15.00"),
            taking: tillgate::processors::rest_gateway::status::Taking::AtOnce,
            return_url: "https://shop.example/return",
            notify_url: "https://shop.example/notify",
            customer_ip: None,
            begins_series: false,
        };
        token_payment::send(self.gateway.client(), &wish).await.expect("a payment");
    }
}
