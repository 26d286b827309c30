//! Credentials that a role issued.

use super::*;

#[tokio::test]
async fn an_issued_key_opens_the_world_of_its_role() {
    let simulator = simulator().await;
    let credentials = assume(&simulator, "open").await;
    let fleets = fleets_with(&simulator, &credentials).await;
    assert_eq!(fleets.names("Fleets", "Name"), ["theirs"]);
    assert_eq!(
        fleets.document()["Fleets"][0]["Arn"],
        "arn:aws:appstream:eu-central-1:210987654321:fleet/theirs"
    );
    let call = simulator.calls().pop().unwrap();
    assert_eq!(call.account_id, MEMBER);
    assert_eq!(call.access_key_id, credentials.element("AccessKeyId"));

    let home = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(home.names("Fleets", "Name"), ["desks"]);
    assert_eq!(simulator.calls().pop().unwrap().account_id, HOME);

    simulator.update(|world| {
        let member = world.member_mut(MEMBER).unwrap();
        member.region_mut(REGION).remove_fleet("theirs");
    });
    let fleets = fleets_with(&simulator, &credentials).await;
    assert_eq!(fleets.document(), json!({"Fleets": []}));
}

#[tokio::test]
async fn a_token_of_a_list_is_worth_nothing_in_another_account() {
    let simulator = simulator().await;
    let page = ask(&simulator, "DescribeFleets", json!({})).await;
    let credentials = assume(&simulator, "open").await;
    let signature = temporary_signature(
        "DescribeFleets",
        &credentials.element("AccessKeyId"),
        &credentials.element("SessionToken"),
    );
    let input = json!({"NextToken": page.next_token()});
    let answer = exchange(&simulator, &request("DescribeFleets", &input, &signature))
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn keys_that_are_not_in_force_open_nothing() {
    let simulator = simulator().await;
    let (open, brief) = (
        assume(&simulator, "open").await,
        assume(&simulator, "brief").await,
    );
    let (open_key, brief_key) = (open.element("AccessKeyId"), brief.element("AccessKeyId"));
    let (open_token, brief_token) = (open.element("SessionToken"), brief.element("SessionToken"));
    let (expired, unrecognized) = ("ExpiredTokenException", "UnrecognizedClientException");
    for (name, key, token, code) in [
        ("expired", &*brief_key, Some(&*brief_token), expired),
        ("forged token", &open_key, Some("forged"), unrecognized),
        ("no token", &open_key, None, unrecognized),
        (
            "another's token",
            &open_key,
            Some(&brief_token),
            unrecognized,
        ),
        ("forged key", "ASIAFORGED", Some(&open_token), unrecognized),
    ] {
        let appstream = fleets_as(&simulator, key, token).await;
        let expected = format!("com.amazonaws.appstream#{code}");
        assert_eq!(appstream.error(), (400, expected), "{name}");
        let call = simulator.calls().pop().unwrap();
        assert_eq!(call.account_id, "", "{name}");

        let signature = temporary_signature("DescribeWorkspacesPools", key, token.unwrap_or(""));
        let request = request("DescribeWorkspacesPools", &json!({}), &signature);
        let workspaces = exchange(&simulator, &request).await.unwrap();
        assert_eq!(workspaces.error(), (400, code.to_owned()), "{name}");
    }
    assert_eq!(fleets_with(&simulator, &open).await.status, 200);
}

#[tokio::test]
async fn a_role_lasts_as_asked_for_and_no_longer_than_it_may() {
    let simulator = simulator().await;
    let own = format!("RoleSessionName=test&RoleArn=arn:aws:iam::{HOME}:role/own");
    let open = format!("RoleSessionName=test&RoleArn=arn:aws:iam::{MEMBER}:role/open");
    for (name, more, expected) in [
        ("its own", own.clone(), 900.0),
        (
            "asked for less",
            format!("{open}&DurationSeconds=1200"),
            1_200.0,
        ),
        (
            "asked for more",
            format!("{own}&DurationSeconds=1200"),
            900.0,
        ),
    ] {
        let before = epoch_seconds_of_now();
        let answer = assume_with(&simulator, &more).await;
        let expires = humantime::parse_rfc3339(&answer.element("Expiration")).unwrap();
        let since_epoch = expires.duration_since(std::time::UNIX_EPOCH).unwrap();
        let lasts = since_epoch.as_secs_f64() - before;
        assert!(
            (expected - 2.0..expected + 30.0).contains(&lasts),
            "{name}: {lasts}"
        );
    }
}
