use http::Request;

use super::*;

fn head(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Parts {
    build(Request::builder().method(Method::POST))
        .body(())
        .unwrap()
        .into_parts()
        .0
}

#[test]
fn services_are_recognised_in_each_format() {
    let cbor = |name| {
        head(move |request| {
            request
                .uri(format!("/service/{name}/operation/Describe"))
                .header("smithy-protocol", "rpc-v2-cbor")
                .header("content-type", "application/cbor")
        })
    };
    let json = |name| {
        head(move |request| {
            request
                .uri("/")
                .header("x-amz-target", format!("{name}.Describe"))
                .header("content-type", "application/x-amz-json-1.1")
        })
    };
    let sts = head(|request| {
        request.uri("/").header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
    });
    let form = b"Version=2011-06-15&Action=Describe";
    for (head, service, format) in [
        (
            cbor("PhotonAdminProxyService"),
            Service::AppStream,
            Format::Cbor,
        ),
        (cbor("WorkspacesService"), Service::WorkSpaces, Format::Cbor),
        (
            json("PhotonAdminProxyService"),
            Service::AppStream,
            Format::Json,
        ),
        (json("WorkspacesService"), Service::WorkSpaces, Format::Json),
        (
            json("AnyScaleFrontendService"),
            Service::ApplicationAutoScaling,
            Format::Json,
        ),
        (sts, Service::Sts, Format::Query),
    ] {
        let expected = Target::new(service, format, "Describe");
        assert_eq!(Wire::for_response_to(&head, form), expected.wire);
        assert_eq!(Target::of(&head, form), Ok(expected));
    }
}

#[test]
fn requests_no_service_takes_are_refused() {
    let path = "/service/PhotonAdminProxyService/operation/DescribeFleets";
    let cases = [
        (
            "no protocol",
            head(|request| request.uri(path)),
            "UnknownOperationException",
        ),
        (
            "no target",
            head(|request| request.uri("/")),
            "UnknownOperationException",
        ),
        (
            "get",
            head(|request| {
                request
                    .method(Method::GET)
                    .uri(path)
                    .header("smithy-protocol", "rpc-v2-cbor")
            }),
            "UnknownOperationException",
        ),
        (
            "a form without an action",
            head(|request| {
                request
                    .uri("/")
                    .header("content-type", "application/x-www-form-urlencoded")
            }),
            "UnknownOperationException",
        ),
        (
            "json to appstream",
            head(|request| {
                request
                    .uri(path)
                    .header("smithy-protocol", "rpc-v2-cbor")
                    .header("content-type", "application/json")
            }),
            "UnsupportedMediaTypeException",
        ),
    ];
    for (name, head, code) in cases {
        assert_eq!(Target::of(&head, b"").unwrap_err().code, code, "{name}");
    }
}

#[test]
fn maps_of_indefinite_length_are_read() {
    // {_ "FleetName": "f", "Limit": 5}
    let body = b"\xbf\x69FleetName\x61f\x65Limit\x05\xff";
    let input = Format::Cbor.decode(body).unwrap();
    assert_eq!(input, serde_json::json!({"FleetName": "f", "Limit": 5}));
}

#[test]
fn errors_are_spelled_as_each_model_and_format_has_them() {
    let error = ApiError::throttling();
    let code = "ThrottlingException";
    for (service, format, kind, member) in [
        (
            Service::AppStream,
            Format::Cbor,
            "com.amazonaws.appstream#",
            "Message",
        ),
        (Service::AppStream, Format::Json, "", "Message"),
        (
            Service::WorkSpaces,
            Format::Cbor,
            "com.amazonaws.workspaces#",
            "message",
        ),
        (Service::WorkSpaces, Format::Json, "", "message"),
    ] {
        let wire = Wire {
            service,
            format,
            query_mode: false,
        };
        assert_eq!(
            wire.error_document(&error, "id-7").to_json(),
            serde_json::json!({"__type": format!("{kind}{code}"), member: "Rate exceeded"})
        );
    }
    let sts = Wire {
        service: Service::Sts,
        format: Format::Query,
        query_mode: false,
    };
    let error = sts.native_error(error);
    assert_eq!(
        sts.error_document(&error, "id-7").to_xml(),
        "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
         <Message>Rate exceeded</Message></Error>\
         <RequestId>id-7</RequestId></ErrorResponse>"
    );
}
