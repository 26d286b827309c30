//! Sessions one by one, with user ids: kept only with `sessions.list`.
//!
//! Memory must hold 100,000 of them, so all texts of a list are one allocation, and
//! words that many sessions share are stored once. `Debug` shows no text.

use std::fmt;

/// Texts of a session that it shares with no other: id, user, instance, interface, addresses.
const TEXTS: usize = 5;
/// Words that many sessions share: authentication type, state, connection, drain status.
const WORDS: usize = 4;
/// Stands between two addresses of a session.
const SEPARATOR: char = '\n';

/// The sessions of one list from AWS, each id once, in the order of their ids.
#[derive(Clone, Default, PartialEq)]
pub struct SessionList {
    text: Box<str>,
    words: Box<[[Option<Box<str>>; WORDS]]>,
    sessions: Box<[Stored]>,
}

#[derive(Clone, Copy, PartialEq)]
struct Stored {
    /// Where its first text begins in the text of the list.
    start: u32,
    /// Where each of its texts ends, and the next begins. An empty text is a missing one.
    ends: [u32; TEXTS],
    /// The position of its words.
    words: u32,
    started: Option<f64>,
    expires: Option<f64>,
}

/// One session as AWS lists it. Missing values are `None` or empty.
#[derive(Clone, Copy, Default)]
pub struct SessionFields<'a> {
    /// `Id` or `SessionId`.
    pub id: &'a str,
    /// `UserId`.
    pub user: Option<&'a str>,
    /// `InstanceId`.
    pub instance: Option<&'a str>,
    /// `EniId`.
    pub interface: Option<&'a str>,
    /// `EniPrivateIpAddress` and `EniIpv6Addresses`.
    pub addresses: &'a [String],
    /// `AuthenticationType`.
    pub authentication_type: Option<&'a str>,
    /// `State`, which pool sessions do not have.
    pub state: Option<&'a str>,
    /// `ConnectionState`.
    pub connection_state: Option<&'a str>,
    /// `InstanceDrainStatus`, which pool sessions do not have.
    pub drain_status: Option<&'a str>,
    /// `StartTime`, Unix time in seconds.
    pub started: Option<f64>,
    /// `MaxExpirationTime` or `ExpirationTime`, Unix time in seconds.
    pub expires: Option<f64>,
}

/// A session of a [`SessionList`].
#[derive(Clone, Copy)]
pub struct ListedSession<'a> {
    list: &'a SessionList,
    stored: &'a Stored,
}

impl SessionList {
    /// The number of sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The sessions after an id, or all of them, in the order of their ids.
    pub fn after<'a>(&'a self, id: Option<&str>) -> impl Iterator<Item = ListedSession<'a>> {
        let start = id.map_or(0, |id| {
            self.sessions
                .partition_point(|stored| text(&self.text, stored, 0) <= id)
        });
        let rest = self.sessions.iter().skip(start);
        rest.map(|stored| ListedSession { list: self, stored })
    }
}

fn text<'a>(all: &'a str, stored: &Stored, index: usize) -> &'a str {
    let start = match index.checked_sub(1) {
        Some(before) => stored.ends[before],
        None => stored.start,
    };
    let range = start as usize..stored.ends[index] as usize;
    all.get(range).unwrap_or_default()
}

impl<'a> ListedSession<'a> {
    fn text(self, index: usize) -> Option<&'a str> {
        Some(text(&self.list.text, self.stored, index)).filter(|text| !text.is_empty())
    }

    fn word(self, index: usize) -> Option<&'a str> {
        self.list.words[self.stored.words as usize][index].as_deref()
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> &'a str {
        text(&self.list.text, self.stored, 0)
    }

    /// Its user.
    #[must_use]
    pub fn user(self) -> Option<&'a str> {
        self.text(1)
    }

    /// The instance that it runs on.
    #[must_use]
    pub fn instance(self) -> Option<&'a str> {
        self.text(2)
    }

    /// The network interface of the instance.
    #[must_use]
    pub fn interface(self) -> Option<&'a str> {
        self.text(3)
    }

    /// The addresses of the interface.
    pub fn addresses(self) -> impl Iterator<Item = &'a str> {
        let addresses = self.text(4).into_iter();
        addresses.flat_map(|text| text.split(SEPARATOR))
    }

    /// Its authentication type.
    #[must_use]
    pub fn authentication_type(self) -> Option<&'a str> {
        self.word(0)
    }

    /// Its state.
    #[must_use]
    pub fn state(self) -> Option<&'a str> {
        self.word(1)
    }

    /// Its connection state.
    #[must_use]
    pub fn connection_state(self) -> Option<&'a str> {
        self.word(2)
    }

    /// The drain status of its instance.
    #[must_use]
    pub fn drain_status(self) -> Option<&'a str> {
        self.word(3)
    }

    /// When it started, Unix time in seconds.
    #[must_use]
    pub fn started(self) -> Option<f64> {
        self.stored.started
    }

    /// When it expires at the latest, Unix time in seconds.
    #[must_use]
    pub fn expires(self) -> Option<f64> {
        self.stored.expires
    }
}

/// Collects the pages of a [`SessionList`].
#[derive(Default)]
pub struct SessionListBuilder {
    text: String,
    words: Vec<[Option<Box<str>>; WORDS]>,
    sessions: Vec<Stored>,
}

impl SessionListBuilder {
    /// Adds a session, whose id must be new.
    pub fn add(&mut self, session: &SessionFields<'_>) {
        let start = self.end();
        let mut ends = [start; TEXTS];
        let texts = [
            Some(session.id),
            session.user,
            session.instance,
            session.interface,
        ];
        for (text, end) in texts.into_iter().zip(&mut ends) {
            self.text.push_str(text.unwrap_or_default());
            *end = self.end();
        }
        for (index, address) in session.addresses.iter().enumerate() {
            if index > 0 {
                self.text.push(SEPARATOR);
            }
            self.text.push_str(address);
        }
        ends[TEXTS - 1] = self.end();
        let words = self.position_of([
            session.authentication_type,
            session.state,
            session.connection_state,
            session.drain_status,
        ]);
        self.sessions.push(Stored {
            start,
            ends,
            words,
            started: session.started,
            expires: session.expires,
        });
    }

    /// A list of 100,000 sessions, the longest that is read, stays far below 4 GiB.
    fn end(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    fn position_of(&mut self, words: [Option<&str>; WORDS]) -> u32 {
        let is_same =
            |known: &[Option<Box<str>>; WORDS]| known.iter().map(Option::as_deref).eq(words);
        let known = self.words.iter().position(is_same);
        let position = known.unwrap_or_else(|| {
            self.words.push(words.map(|word| word.map(Box::from)));
            self.words.len() - 1
        });
        u32::try_from(position).unwrap_or_default()
    }

    /// The list. Call it when the last page is in, and not before.
    #[must_use]
    pub fn finish(self) -> SessionList {
        let Self {
            text: all,
            words,
            mut sessions,
        } = self;
        sessions.sort_unstable_by(|one, other| text(&all, one, 0).cmp(text(&all, other, 0)));
        SessionList {
            text: all.into(),
            words: words.into(),
            sessions: sessions.into(),
        }
    }
}

impl fmt::Debug for SessionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionList({})", self.sessions.len())
    }
}

impl fmt::Debug for SessionListBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionListBuilder({})", self.sessions.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_comes_out_as_it_went_in() {
        let addresses = ["10.0.0.7", "2001:db8::7"].map(str::to_owned);
        let full = SessionFields {
            id: "b",
            user: Some("jürgen@example.com"),
            instance: Some("i-1"),
            interface: Some("eni-1"),
            addresses: &addresses,
            authentication_type: Some("SAML"),
            state: Some("ACTIVE"),
            connection_state: Some("CONNECTED"),
            drain_status: Some("DRAINING"),
            started: Some(1.25),
            expires: Some(2.5),
        };
        let bare = SessionFields {
            id: "a",
            ..SessionFields::default()
        };
        let mut builder = SessionListBuilder::default();
        builder.add(&full);
        builder.add(&bare);
        assert_eq!(format!("{builder:?}"), "SessionListBuilder(2)");
        let list = builder.finish();
        assert_eq!(format!("{list:?}"), "SessionList(2)");
        let sessions: Vec<_> = list.after(None).collect();
        let [a, b] = &*sessions else {
            panic!("two sessions")
        };
        assert_eq!((a.id(), a.user(), a.state()), ("a", None, None));
        assert_eq!(
            (a.instance(), a.interface(), a.started()),
            (None, None, None)
        );
        assert_eq!(a.addresses().count(), 0);
        assert_eq!((b.id(), b.user()), ("b", full.user));
        assert_eq!((b.instance(), b.interface()), (Some("i-1"), Some("eni-1")));
        assert!(b.addresses().eq(["10.0.0.7", "2001:db8::7"]));
        let words = [
            b.authentication_type(),
            b.state(),
            b.connection_state(),
            b.drain_status(),
        ];
        let expected = ["SAML", "ACTIVE", "CONNECTED", "DRAINING"].map(Some);
        assert_eq!(words, expected);
        assert_eq!((b.started(), b.expires()), (Some(1.25), Some(2.5)));
    }

    #[test]
    fn a_list_goes_on_after_any_id() {
        let mut builder = SessionListBuilder::default();
        for id in ["d", "b", "f"] {
            builder.add(&SessionFields {
                id,
                ..SessionFields::default()
            });
        }
        let list = builder.finish();
        let ids = |after| list.after(after).map(ListedSession::id).collect::<String>();
        for (after, rest) in [
            (None, "bdf"),
            (Some(""), "bdf"),
            (Some("b"), "df"),
            (Some("c"), "df"),
            (Some("f"), ""),
            (Some("g"), ""),
        ] {
            assert_eq!(ids(after), rest, "{after:?}");
        }
    }

    #[test]
    fn a_session_takes_64_bytes_besides_its_texts() {
        assert_eq!(size_of::<Stored>(), 64);
    }
}
