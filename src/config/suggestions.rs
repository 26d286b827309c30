//! Suggestions for an unknown word: the known words that are close to it.

/// Most single-character edits between an unknown word and a suggestion.
const MAX_EDITS: usize = 2;

/// Characters that a suggestion needs for each edit: in a short word, an edit makes another word.
const LETTERS_PER_EDIT: usize = 3;

/// Most suggestions for one unknown word.
const MAX_SUGGESTIONS: usize = 3;

/// The question that follows an unknown word in a message; empty without a suggestion.
pub(super) fn hint(text: &str, words: &[&'static str]) -> String {
    match closest(text, words).as_slice() {
        [] => String::new(),
        closest => format!(" (did you mean {}?)", closest.join(" or ")),
    }
}

/// The words that are closest to a text, if any is close. Ignores case.
fn closest(text: &str, words: &[&'static str]) -> Vec<&'static str> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let close: Vec<_> = words
        .iter()
        .map(|word| (edits(&text, &word.to_lowercase()), *word))
        .filter(|(edits, word)| *edits <= MAX_EDITS && edits * LETTERS_PER_EDIT <= word.len())
        .collect();
    let least = close.iter().map(|(edits, _)| *edits).min();
    close
        .into_iter()
        .filter(|(edits, _)| Some(*edits) == least)
        .map(|(_, word)| word)
        .take(MAX_SUGGESTIONS)
        .collect()
}

/// Characters to add, remove, replace or swap with their neighbour until the
/// texts are equal (the optimal string alignment distance).
fn edits(from: &[char], to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, wrong) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(wrong != right);
            let mut least = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && from[row - 1] == *right && to[column - 1] == *wrong;
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[to.len()]
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
