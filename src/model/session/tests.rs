//! Sessions counted.

use super::*;
use crate::model::PoolSessionTally;

fn session(id: &str) -> Session {
    Session {
        id: id.to_owned(),
        user_id: Some(format!("user of {id}")),
        instance_id: Some(format!("instance of {id}")),
        authentication_type: Some(Label::Borrowed("SAML")),
        state: Some(Label::Borrowed("ACTIVE")),
        connection_state: Some(Label::Borrowed("CONNECTED")),
        started: Some(100.0),
        expires: Some(200.0),
        ..Session::default()
    }
}

fn listed_as(asked: &'static str, sessions: &[Session]) -> TypeTally {
    let mut fold = SessionFold::new(Label::Borrowed(asked));
    for session in sessions {
        fold.add(session);
    }
    fold.finish()
}

fn fold(sessions: &[Session]) -> SessionTally {
    SessionTally::of([&listed_as("API", sessions)], true)
}

#[test]
fn an_id_counts_once() {
    let tally = fold(&[session("a"), session("b"), session("a")]);
    assert_eq!(tally.counts.values().sum::<i32>(), 2);
    assert_eq!(tally.users, Some(2));
}

#[test]
fn expired_sessions_count_but_hold_nobody() {
    let expired = Session {
        state: Some(Label::Borrowed("EXPIRED")),
        started: Some(1.0),
        expires: Some(2.0),
        ..session("old")
    };
    let tally = fold(&[expired, session("new")]);
    assert_eq!(tally.counts.values().sum::<i32>(), 2);
    assert_eq!((tally.users, tally.live), (Some(1), 1));
    assert_eq!(
        (tally.oldest_start, tally.next_expiration),
        (Some(100.0), Some(200.0))
    );
}

#[test]
fn types_are_put_together_and_what_several_list_counts_once() {
    let bare = |id| Session {
        authentication_type: None,
        ..session(id)
    };
    let shared = Session {
        instance_id: session("a").instance_id,
        ..session("c")
    };
    let parts = [
        listed_as("API", &[bare("a"), bare("b")]),
        listed_as("SAML", &[bare("b"), shared, bare("b")]),
        listed_as("AWS_AD", &[]),
    ];
    let tally = SessionTally::of(&parts, true);
    let by_type: Vec<_> = tally
        .counts
        .iter()
        .map(|(cell, sessions)| (&*cell.authentication_type, *sessions))
        .collect();
    assert_eq!(by_type, [("API", 2), ("SAML", 1)]);
    assert_eq!((tally.users, tally.live), (Some(3), 3));
    assert_eq!(union(parts.iter().map(TypeTally::instances)), 2);
    assert!(parts[2].is_empty());
}

#[test]
fn what_aws_leaves_out_is_named_not_guessed() {
    let bare = Session {
        user_id: None,
        instance_id: None,
        authentication_type: None,
        state: None,
        connection_state: None,
        started: None,
        expires: None,
        ..session("bare")
    };
    let tally = fold(&[bare]);
    let cell = tally.counts.keys().next().expect("one cell");
    assert_eq!(
        (
            &*cell.authentication_type,
            &*cell.state,
            &*cell.connection_state
        ),
        ("API", "UNKNOWN", "UNKNOWN")
    );
    assert_eq!((tally.users, tally.live), (Some(0), 1));
    assert_eq!((tally.oldest_start, tally.next_expiration), (None, None));
}

#[test]
fn a_pool_session_without_a_type_is_counted_as_unknown_and_listed_without() {
    let bare = Session {
        authentication_type: None,
        state: None,
        ..session("bare")
    };
    let mut fold = SessionFold::default().with_list(true);
    fold.add(&bare);
    fold.add(&bare);
    let pool = PoolSessionTally::from(fold.finish());
    let counts: Vec<_> = pool.tally.counts.iter().collect();
    let cell = SessionCell {
        authentication_type: Label::Borrowed(UNKNOWN),
        state: Label::Borrowed(UNKNOWN),
        connection_state: Label::Borrowed("CONNECTED"),
    };
    assert_eq!(counts, [(&cell, &1)]);
    assert_eq!(
        (pool.tally.users, pool.tally.oldest_start),
        (Some(1), Some(100.0))
    );
    let list = pool.list.expect("sessions are listed");
    let types: Vec<_> = list
        .after(None)
        .map(|session| session.authentication_type())
        .collect();
    assert_eq!(types, [None]);
}
