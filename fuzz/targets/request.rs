//! A request head of any content.

#![no_main]

#[path = "../checks.rs"]
mod checks;

use checks::Site;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: Site = Site::new();
}

fuzz_target!(|input: &[u8]| {
    SITE.with(|site| site.request(input));
});
