//! The place in the session list at which the next page begins: the last session that was
//! shown. It stays valid while sessions come and go, and after a restart.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::model::SessionPlace;

/// Target, region, kind, fleet or pool, and stack. The list is in this order.
pub(super) type Place<'a> = (&'a str, &'a str, u8, &'a str, &'a str);

/// The kinds of places, in the order of [`SessionPlace`].
pub(super) const PAIR: u8 = 0;
pub(super) const POOL: u8 = 1;

/// The last session that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Cursor {
    place: (String, String, u8, String, String),
    id: String,
}

impl Cursor {
    /// The place of a group in the list.
    pub(super) fn of<'a>(target: &'a str, region: &'a str, place: &'a SessionPlace) -> Place<'a> {
        match place {
            SessionPlace::Pair { fleet, stack } => {
                (target, region, PAIR, fleet.as_str(), stack.as_str())
            }
            SessionPlace::Pool { id, .. } => (target, region, POOL, id.as_str(), ""),
        }
    }

    /// A cursor as text.
    pub(super) fn text(place: Place<'_>, id: &str) -> String {
        let json = serde_json::to_vec(&(place, id)).expect("texts are JSON");
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    /// The cursor that [`Cursor::text`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (place, id) = serde_json::from_slice(&json).ok()?;
        Some(Self { place, id })
    }

    pub(super) fn place(&self) -> Place<'_> {
        let (target, region, kind, group, part) = &self.place;
        (target, region, *kind, group, part)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place = ("t \"ü\"", "eu-west-1", PAIR, "f", "s");
        let text = Cursor::text(place, "id/1");
        assert!(!text.contains(['=', '+', '/', '&']), "{text}");
        let cursor = Cursor::parse(&text).unwrap();
        assert_eq!((cursor.place(), cursor.id()), (place, "id/1"));
        for other in ["", "x", "W10", &text[1..], &format!("{text}=")] {
            assert_eq!(Cursor::parse(other), None, "{other}");
        }
    }
}
