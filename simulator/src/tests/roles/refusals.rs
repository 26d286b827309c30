//! Requests to STS that are refused.

use super::*;

#[tokio::test]
async fn whoever_is_not_let_in_hears_the_same() {
    let simulator = simulator().await;
    for (name, role, external_id) in [
        ("no external id", ROLE, ""),
        ("wrong external id", ROLE, "&ExternalId=guess"),
        ("refusing role", "arn:aws:iam::210987654321:role/closed", ""),
        (
            "unknown role",
            "arn:aws:iam::210987654321:role/reader",
            "&ExternalId=a%2Fb%2Bc+d%26e",
        ),
        ("unknown account", "arn:aws:iam::000000000000:role/open", ""),
        ("no role at all", "open", ""),
    ] {
        let more = format!("RoleSessionName=test&RoleArn={role}{external_id}");
        let answer = assume_with(&simulator, &more).await;
        assert_eq!(answer.status, 403, "{name}");
        assert_eq!(answer.element("Type"), "Sender", "{name}");
        assert_eq!(answer.element("Code"), "AccessDenied", "{name}");
        assert_eq!(
            answer.element("Message"),
            format!(
                "User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: \
                 sts:AssumeRole on resource: {role}"
            ),
            "{name}"
        );
        let call = simulator.calls().pop().unwrap();
        assert_eq!(call.status, Some(403), "{name}");
        assert_eq!(call.error_code.as_deref(), Some("AccessDenied"), "{name}");
    }
}

#[tokio::test]
async fn requests_to_sts_that_make_no_sense_are_refused() {
    let simulator = simulator().await;
    let open = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::210987654321:role/open";
    let named = format!("{open}&RoleSessionName=test");
    let signed = signature("AssumeRole");
    let cases = [
        ("nothing", String::new(), &*signed, 400, "InvalidAction"),
        (
            "another version",
            named.replace("2011-06-15", "2010-05-08"),
            &signed,
            400,
            "InvalidAction",
        ),
        (
            "another operation",
            "Action=GetSessionToken&Version=2011-06-15".to_owned(),
            &signed,
            400,
            "InvalidAction",
        ),
        (
            "no role",
            "Action=AssumeRole&Version=2011-06-15&RoleSessionName=test".to_owned(),
            &signed,
            400,
            "ValidationError",
        ),
        ("no name", open.to_owned(), &signed, 400, "ValidationError"),
        (
            "short name",
            format!("{open}&RoleSessionName=a"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "name with a space",
            format!("{open}&RoleSessionName=my+test"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "short duration",
            format!("{named}&DurationSeconds=899"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "long duration",
            format!("{named}&DurationSeconds=43201"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "duration in words",
            format!("{named}&DurationSeconds=hour"),
            &signed,
            400,
            "MalformedInput",
        ),
        (
            "unsigned",
            named.clone(),
            "",
            403,
            "MissingAuthenticationToken",
        ),
        (
            "signed for another service",
            named.clone(),
            &signature("DescribeFleets"),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "a key that was never issued",
            named.clone(),
            &temporary_signature("AssumeRole", "ASIAFORGED", "token"),
            403,
            "InvalidClientTokenId",
        ),
    ];
    for (name, form, signature, status, code) in cases {
        let answer = exchange(&simulator, &query(&form, signature))
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.element("Code"), code, "{name}");
    }
}
