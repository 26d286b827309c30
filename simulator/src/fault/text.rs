//! Faults as text: an effect and, after commas, the calls that it affects.

use std::fmt;
use std::str::FromStr;

use crate::fault::Fault;

/// The name of an effect that needs no value, and its fault.
type Effect = (&'static str, fn() -> Fault);

const EFFECTS: [Effect; 17] = [
    ("close", Fault::close),
    ("deny", Fault::deny),
    ("empty", Fault::empty),
    ("endless-pages", Fault::endless_pages),
    ("expired", Fault::expired_credentials),
    ("garbage", Fault::garbage),
    ("hang", Fault::hang),
    ("internal-error", Fault::internal_error),
    ("not-found", Fault::not_found),
    ("repeat-token", Fault::repeat_token),
    ("reset", Fault::reset),
    ("service-absent", Fault::service_absent),
    ("stall", Fault::stall_body),
    ("throttle", Fault::throttle),
    ("truncate", Fault::truncate),
    ("truncate-cleanly", Fault::truncate_cleanly),
    ("unavailable", Fault::unavailable),
];
/// Effects with a value, as messages show them.
const EFFECTS_WITH_VALUE: &str = "answer=STATUS:TYPE:BODY, delay=DURATION, error=STATUS:CODE:MESSAGE, \
                                  without-item=NAME, without-member=NAME";
/// The scope of a fault, as in messages.
const SCOPES: &str = "account, after, authentication-type, fleet, later-pages, operation, pool, region, \
                      role, service, stack, times";

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultTextError {
    /// The first part is no effect.
    #[error("unknown effect {0:?}; accepted: {names}, {EFFECTS_WITH_VALUE}", names = EffectNames)]
    Effect(String),
    /// Another part names nothing that a fault can be narrowed to.
    #[error("unknown restriction {0:?}; accepted: {SCOPES}")]
    Scope(String),
    /// A value cannot be used.
    #[error("cannot use the value of {0:?}")]
    Value(String),
}

struct EffectNames;

impl fmt::Display for EffectNames {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = EFFECTS.map(|(name, _)| name);
        formatter.write_str(&names.join(", "))
    }
}

impl FromStr for Fault {
    type Err = FaultTextError;

    /// Reads texts such as `error=400:ValidationException,authentication-type=USERPOOL`.
    fn from_str(text: &str) -> Result<Self, FaultTextError> {
        let mut parts = text.split(',');
        let effect = effect(parts.next().unwrap_or_default())?;
        parts.try_fold(effect, narrowed)
    }
}

fn effect(part: &str) -> Result<Fault, FaultTextError> {
    let unusable = || FaultTextError::Value(part.to_owned());
    let Some((name, value)) = part.split_once('=') else {
        let found = EFFECTS.iter().find(|(name, _)| *name == part);
        return found
            .map(|(_, fault)| fault())
            .ok_or_else(|| FaultTextError::Effect(part.to_owned()));
    };
    match name {
        "answer" => {
            let (status, content_type, body) = answer(value).ok_or_else(unusable)?;
            Ok(Fault::foreign_answer(status, content_type, body))
        }
        "delay" => humantime::parse_duration(value)
            .map(Fault::delay)
            .map_err(|_| unusable()),
        "error" => {
            let (status, code, message) = answer(value).ok_or_else(unusable)?;
            Ok(Fault::error_code(status, code, message))
        }
        "without-item" => Ok(Fault::without_item(value)),
        "without-member" => Ok(Fault::without_member(value)),
        _ => Err(FaultTextError::Effect(part.to_owned())),
    }
}

/// A status and two texts, the second of which may be left out.
fn answer(value: &str) -> Option<(u16, String, String)> {
    let (status, rest) = value.split_once(':')?;
    let (first, second) = rest.split_once(':').unwrap_or((rest, ""));
    let status = status.parse().ok()?;
    Some((status, first.to_owned(), second.to_owned()))
}

fn narrowed(fault: Fault, part: &str) -> Result<Fault, FaultTextError> {
    let count = |value: &str| {
        let count = value.parse();
        count.map_err(|_| FaultTextError::Value(part.to_owned()))
    };
    match part.split_once('=').unwrap_or((part, "")) {
        ("account", id) => Ok(fault.account(id)),
        ("after", calls) => Ok(fault.after(count(calls)?)),
        ("authentication-type", name) => Ok(fault.authentication_type(name)),
        ("fleet", name) => Ok(fault.fleet(name)),
        ("later-pages", _) => Ok(fault.after_first_page()),
        ("operation", name) => Ok(fault.operation(name)),
        ("pool", id) => Ok(fault.pool(id)),
        ("region", name) => Ok(fault.region(name)),
        ("role", arn) => Ok(fault.role(arn)),
        ("service", name) => Ok(fault.service(name)),
        ("stack", name) => Ok(fault.stack(name)),
        ("times", calls) => Ok(fault.times(count(calls)?)),
        _ => Err(FaultTextError::Scope(part.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both as text, since faults have no equality.
    fn assert_read(text: &str, expected: Fault) {
        let fault: Fault = text.parse().unwrap();
        assert_eq!(format!("{fault:?}"), format!("{expected:?}"), "{text}");
    }

    #[test]
    fn effects_and_restrictions_are_read() {
        for (name, fault) in EFFECTS {
            assert_read(name, fault());
        }
        assert_read(
            "error=400:ValidationException,operation=DescribeSessions,authentication-type=USERPOOL",
            Fault::error_code(400, "ValidationException", "")
                .operation("DescribeSessions")
                .authentication_type("USERPOOL"),
        );
        assert_read(
            r#"answer=200:application/json:{"a":"b"},service=workspaces,region=r,pool=p"#,
            Fault::foreign_answer(200, "application/json", r#"{"a":"b"}"#)
                .service("workspaces")
                .region("r")
                .pool("p"),
        );
        assert_read(
            "delay=40s,service=container,after=2,times=3",
            Fault::delay(std::time::Duration::from_secs(40))
                .service("container")
                .after(2)
                .times(3),
        );
        assert_read(
            "without-item=s,fleet=f,stack=s,account=1,role=r,later-pages",
            Fault::without_item("s")
                .fleet("f")
                .stack("s")
                .account("1")
                .role("r")
                .after_first_page(),
        );
        assert_read("without-member=Fleets", Fault::without_member("Fleets"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let effect = |part: &str| FaultTextError::Effect(part.to_owned());
        let scope = |part: &str| FaultTextError::Scope(part.to_owned());
        let value = |part: &str| FaultTextError::Value(part.to_owned());
        for (text, expected) in [
            ("", effect("")),
            ("explode", effect("explode")),
            ("deny=1", effect("deny=1")),
            ("deny,color=red", scope("color=red")),
            ("deny,times=few", value("times=few")),
            ("deny,after", value("after")),
            ("error=400", value("error=400")),
            ("answer=x:text/plain", value("answer=x:text/plain")),
            ("delay=40", value("delay=40")),
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert_eq!(error, expected, "{text}");
        }
        let message = effect("explode").to_string();
        assert!(message.contains("accepted: close, deny, "), "{message}");
    }
    #[test]
    fn the_document_lists_effects_and_restrictions_and_its_faults_can_be_read() {
        let document = include_str!("../../../docs/simulator.md");
        let with_value = EFFECTS_WITH_VALUE.split(", ");
        let names = EFFECTS.iter().map(|(name, _)| *name).chain(with_value);
        for name in names.chain(SCOPES.split(", ")) {
            let is_listed = [format!("`{name}`"), format!("`{name}=N`")];
            let is_listed = is_listed.iter().any(|text| document.contains(text));
            assert!(is_listed, "{name}");
        }
        let flags = document.split("--fault ").skip(1);
        let faults: Vec<&str> = flags.filter_map(|rest| rest.split('`').next()).collect();
        for fault in &faults {
            assert!(fault.parse::<Fault>().is_ok(), "{fault}");
        }
        assert!(faults.len() > 5, "{faults:?}");
    }
}
