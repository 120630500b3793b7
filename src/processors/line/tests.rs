//! A line without anybody at its other end.

use super::*;
use chrono::DateTime;

fn line(limits: Limits) -> (Line, Clock) {
    let clock = Clock::frozen_at(DateTime::UNIX_EPOCH);
    (Line::new("test", &limits, clock.clone()), clock)
}

#[tokio::test]
async fn a_processor_that_does_not_answer_is_left_alone_until_a_probe_is_answered() {
    let (line, clock) = line(Limits { breaker_failures: 3, breaker_open_ms: 1_000, ..Limits::default() });
    line.call().await.expect("a turn").ended("ask", End::NotSent);
    drop(line.call().await.expect("a turn"));
    assert_eq!(line.health(), Health::Calls);
    line.call().await.expect("a turn").ended("ask", End::Unknown);
    assert_eq!((line.health(), line.call().await.err()), (Health::LeftAlone, Some(Closed::LeftAlone)));
    clock.advance(chrono::Duration::seconds(1));
    let probe = line.call().await.expect("a probe");
    assert_eq!(line.call().await.err(), Some(Closed::LeftAlone), "one at a time");
    probe.ended("ask", End::Answered);
    assert_eq!(line.health(), Health::Calls);
}

#[tokio::test]
async fn no_more_calls_are_made_at_a_time_than_the_account_allows() {
    let (line, _) = line(Limits { concurrent: 1, queue_timeout_ms: 1, ..Limits::default() });
    let first = line.call().await.expect("a turn");
    assert_eq!(line.call().await.err(), Some(Closed::Busy));
    assert_eq!(line.health(), Health::Calls, "to wait in vain says nothing of the processor");
    first.ended("ask", End::Answered);
    assert!(line.call().await.is_ok());
}
