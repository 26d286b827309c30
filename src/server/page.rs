//! The landing page: what this is, where things are, how the collectors do.

use std::fmt::Write as _;

use crate::model::{CollectorStatus, Site};

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>appstream-exporter</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
h1 + p { margin-top: 0; }
div { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8886; vertical-align: top; }
th, td { white-space: nowrap; }
td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
.ok { color: light-dark(#17642d, #6fd08c); }
.failed { color: light-dark(#a4161a, #ff8f8f); font-weight: 600; }
a { color: light-dark(#0b57d0, #8ab4f8); }
</style>
</head>
<body>
"#;

/// The page as HTML.
pub(super) fn landing(version: &str, telemetry_path: &str, sites: &[Site]) -> String {
    let mut html = String::from(HEAD);
    html.push_str("<h1>appstream-exporter</h1>\n");
    push(
        &mut html,
        format_args!("<p>version {}</p>\n", Escaped(version)),
    );
    html.push_str("<p>Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) and WorkSpaces Pools.</p>\n");
    push(
        &mut html,
        format_args!(
            "<ul>\n<li><a href=\"{0}\">{0}</a>: the metrics</li>\n",
            Escaped(telemetry_path)
        ),
    );
    html.push_str("<li><a href=\"/-/healthy\">/-/healthy</a>: 200 while the process runs</li>\n");
    html.push_str(
        "<li><a href=\"/-/ready\">/-/ready</a>: 200 once the first refresh of every region has ended</li>\n</ul>\n",
    );
    html.push_str("<h2>Collectors</h2>\n<div><table>\n<thead><tr><th>last refresh</th><th>target</th><th>region</th><th>collector</th><th>last success</th><th>took</th><th>error</th></tr></thead>\n<tbody>\n");
    for site in sites {
        match &site.snapshot {
            Some(snapshot) => snapshot
                .collectors
                .iter()
                .for_each(|status| row(&mut html, site, status)),
            None => under_way(&mut html, site),
        }
    }
    html.push_str("</tbody>\n</table></div>\n</body>\n</html>\n");
    html
}

fn under_way(html: &mut String, site: &Site) {
    let (region, what) = if site.region.is_empty() {
        ("all", "its regions are being looked for")
    } else {
        (&*site.region, "the first refresh has not ended")
    };
    push(
        html,
        format_args!(
            "<tr><td>under way</td><td>{}</td><td>{}</td><td colspan=\"4\">{what}</td></tr>\n",
            Escaped(&site.target),
            Escaped(region)
        ),
    );
}

fn row(html: &mut String, site: &Site, status: &CollectorStatus) {
    let (class, word) = if status.success {
        ("ok", "success")
    } else {
        ("failed", "failed")
    };
    let last = status.last_success.map_or_else(
        || "never".to_owned(),
        |moment| humantime::format_rfc3339_seconds(moment).to_string(),
    );
    push(
        html,
        format_args!(
            "<tr><td class=\"{class}\">{word}</td><td>{}</td><td>{}</td><td>{}</td><td>{last}</td><td>{:.3} s</td><td>{}</td></tr>\n",
            Escaped(&site.target),
            Escaped(&site.region),
            status.collector.as_str(),
            status.duration.as_secs_f64(),
            Escaped(&error(status)),
        ),
    );
}

/// What failed: how much, and the first of it.
fn error(status: &CollectorStatus) -> String {
    match (&status.error, status.failures) {
        (None, _) => String::new(),
        (Some(first), 1) => first.clone(),
        (Some(first), failures) => format!("{failures} failures, the first: {first}"),
    }
}

fn push(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text)
        .expect("writing to a string does not fail");
}

/// Text that comes from elsewhere, as text of the page and never as markup.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
