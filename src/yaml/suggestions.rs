//! Suggestions for an unknown word: the known words that are close to it.

/// Most single-character edits between an unknown word and a suggestion.
const MAX_EDITS: usize = 2;

/// Characters that a suggestion needs for each edit: in a short word, an edit makes another word.
const LETTERS_PER_EDIT: usize = 3;

/// Most suggestions for one unknown word.
const MAX_SUGGESTIONS: usize = 3;

/// The question that follows an unknown word in a message; empty without a suggestion.
pub(super) fn hint(text: &str, words: &[&str]) -> String {
    match closest(text, words).as_slice() {
        [] => String::new(),
        closest => format!(" (did you mean {}?)", closest.join(" or ")),
    }
}

/// The words that are closest to a text, if any is close. Ignores case.
fn closest<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let edits = |word: &str| strsim::osa_distance(&text, &word.to_lowercase());
    let close = words.iter().map(|word| (edits(word), *word));
    let close: Vec<_> = close
        .filter(|(edits, word)| *edits <= MAX_EDITS && edits * LETTERS_PER_EDIT <= word.len())
        .collect();
    let least = close.iter().map(|(edits, _)| *edits).min();
    let closest = close.into_iter().filter(|(edits, _)| Some(*edits) == least);
    closest
        .map(|(_, word)| word)
        .take(MAX_SUGGESTIONS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_get_suggestions() {
        let words = [
            "all",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "us-east-1",
            "us-east-2",
            "SAML",
        ];
        let cases: [(&str, &[&str]); 11] = [
            ("eu-wset-1", &["eu-west-1"]),
            ("eu-west1", &["eu-west-1"]),
            ("EU-WEST-1", &["eu-west-1"]),
            ("eu_west_1", &["eu-west-1"]),
            ("us-east-1a", &["us-east-1"]),
            ("eu-west-9", &["eu-west-1", "eu-west-2", "eu-west-3"]),
            ("ALL", &["all"]),
            ("SAMML", &["SAML"]),
            ("LDAP", &[]),
            ("Frankfurt", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(closest(text, &words), expected, "{text}");
        }
    }
}
