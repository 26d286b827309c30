//! Promise: the IAM policies allow what the exporter calls and nothing else, wherever they stand:
//! as JSON, in the Terraform module, in the CloudFormation template and in the documents.

mod module;
mod parameters;
mod templates;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{ACCOUNT, BRISK, REGION, once, simulator};
use crate::support::documents::{blocks, entries, read, root};
use appstream_exporter::config::{self, regions_of};
use appstream_exporter::model::Collector;
use appstream_simulator::{
    Call, Fault, Fleet, Pool, PoolSession, Quota, Region, Role, ScalableTarget, Scaled, Session,
    Simulator, Stack, World,
};
use serde_json::{Value, json};

const OTHER_REGION: &str = "us-east-1";
const MEMBER: &str = "111122223333";
/// The key that reads tags, as the documents name it.
const TAGS: &str = "tags.labels";

/// A policy of `deploy/iam`.
fn policy(name: &str) -> Value {
    serde_json::from_str(&read(format!("deploy/iam/{name}.json"))).expect(name)
}

/// The only statement of a policy.
fn statement(policy: &Value) -> &Value {
    assert_eq!(policy["Version"], "2012-10-17", "{policy}");
    let statements = policy["Statement"].as_array().expect("a list");
    assert_eq!(statements.len(), 1, "{policy}");
    assert_eq!(statements[0]["Effect"], "Allow", "{policy}");
    &statements[0]
}

/// One text or a list of them.
fn texts(value: &Value) -> BTreeSet<String> {
    let one = |value: &Value| value.as_str().expect("a text").to_owned();
    match value {
        Value::Array(all) => all.iter().map(one).collect(),
        _ => BTreeSet::from([one(value)]),
    }
}

/// All actions of all statements.
fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().expect("a list");
    let mut all = BTreeSet::new();
    for statement in statements {
        assert_eq!(statement["Effect"], "Allow");
        for action in texts(&statement["Action"]) {
            assert!(all.insert(action.clone()), "{action} is there twice");
        }
    }
    all
}

/// The cells of the rows of the table that begins with this header.
fn table(document: &str, header: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let (_, rest) = text.split_once(header).expect(header);
    let rows = rest.lines().skip(2).take_while(|line| line.contains('|'));
    let cells = |row: &str| {
        let row = row.trim_matches('|');
        row.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// Text between backticks.
fn spans(text: &str) -> BTreeSet<String> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.map(str::to_owned).collect()
}

/// The table of docs/iam.md: enabled collectors, and the actions that they call.
fn documented_actions() -> Vec<(BTreeSet<String>, BTreeSet<String>)> {
    let rows = table("docs/iam.md", "enabled | actions");
    let sets = rows.iter().map(|row| (spans(&row[0]), spans(&row[1])));
    sets.collect()
}

/// The operations that `src/aws` declares: a call of any other does not compile.
fn declared() -> BTreeSet<String> {
    let source = read("src/aws/operations.rs");
    let (_, declared) = source.split_once("\noperations! {").expect("the list");
    let (declared, _) = declared.split_once("\n}").expect("the macro ends");
    let names = declared.lines().filter_map(|line| {
        let (name, rest) = line.trim().strip_prefix('"')?.split_once('"')?;
        let (_, error) = rest.split_once(": ")?;
        let (service, _) = error.split_once("::")?;
        Some(format!("{}:{name}", service.replace('_', "-")))
    });
    names.collect()
}

/// The operations that the documentation of the calls names.
fn documented() -> BTreeSet<String> {
    let source = read("src/aws/source.rs");
    let action = |line: &str| {
        let (service, rest) = line.trim().strip_prefix("/// Source: ")?.split_once(" `")?;
        let (operation, _) = rest.split_once('`')?;
        Some(format!("{}:{operation}", service.to_lowercase()))
    };
    source.lines().filter_map(action).collect()
}

#[test]
fn the_policy_allows_what_is_declared_and_nothing_else() {
    let policy = policy("policy");
    let of_cloudwatch = actions(&self::policy("policy-cloudwatch"));
    let with_cloudwatch = |policy| &actions(policy) | &of_cloudwatch;
    assert_eq!(with_cloudwatch(&policy), declared());
    assert_eq!(
        of_cloudwatch,
        BTreeSet::from(["cloudwatch:GetMetricData".to_owned()])
    );
    assert!(actions(&policy).is_disjoint(&of_cloudwatch));
    assert_eq!(documented(), declared());
    assert_eq!(statement(&policy)["Resource"], "*");
    let blocks = blocks("README.md", "json");
    let shown: Value = serde_json::from_str(&blocks[0]).expect("the policy is shown");
    assert_eq!(shown, policy);
    // The same calls, each in one statement.
    assert_eq!(with_cloudwatch(&self::policy("policy-narrow")), declared());
}

/// A region with so many fleets and stacks, all associated.
fn region(fleets: usize, stacks: usize) -> Region {
    let mut region = Region::new()
        .target(ScalableTarget::new(Scaled::fleet("fleet-0"), 1, 5))
        .quota(Quota::new("L-3FEADC0C", "Active fleets", 10.0))
        .pool(Pool::new("wspool-aaaaaaaaa", "pool").sessions(3, 2, 1))
        .pool_session(PoolSession::new("p", "wspool-aaaaaaaaa"));
    for fleet in 0..fleets {
        let fleet = format!("fleet-{fleet}");
        region.put_fleet(Fleet::new(&fleet).tag("team", "payments"));
        for stack in 0..stacks {
            let stack = format!("stack-{stack}");
            region.put_stack(Stack::new(&stack));
            region.put_association(&fleet, &stack);
            region.put_session(Session::new(format!("of-{fleet}-{stack}"), &fleet, &stack).saml());
        }
    }
    region
}

/// A region with one fleet of two stacks, and one with two fleets of one stack.
fn account(id: &str) -> World {
    World::new(id)
        .region(REGION, region(1, 2))
        .region(OTHER_REGION, region(2, 1))
}

/// The IAM actions of the calls to the simulator.
fn asked(simulator: &Simulator) -> BTreeSet<String> {
    let calls = simulator.calls();
    assert!(calls.len() < 1_000, "older calls are forgotten");
    calls.iter().map(action).collect()
}

/// A call as IAM names it: requests to CloudWatch are signed for another name.
fn action(call: &Call) -> String {
    let service = call.service.replace("monitoring", "cloudwatch");
    format!("{service}:{}", call.operation)
}

#[tokio::test]
async fn with_everything_on_the_calls_are_those_of_the_policies() {
    let role = Role::new("appstream-exporter").external_id("two");
    let arn = role.arn(MEMBER);
    let simulator = simulator(account(ACCOUNT).member(account(MEMBER).role(role))).await;
    for region in regions_of("aws") {
        if ![REGION, OTHER_REGION].contains(region) {
            simulator.inject(Fault::reset().region(*region));
        }
    }
    let config = format!(
        "{BRISK}collectors: {{cloudwatch: true}}\ntags: {{labels: [team]}}\nfilters: {{tags: {{team: payments}}}}\ntargets:\n  \
         - {{name: own, regions: [all]}}\n  \
         - {{name: member, regions: [all], role_arn: '{arn}', external_id: two}}\n"
    );
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    for account in [ACCOUNT, MEMBER] {
        for family in [
            "appstream_fleet_tags",
            "appstream_stack_tags",
            "workspaces_pool_tags",
        ] {
            assert!(
                metrics.has(family, &[("aws_account_id", account)]),
                "{family} of {account}"
            );
        }
    }

    let read = &actions(&policy("policy")) | &actions(&policy("policy-cloudwatch"));
    let mut allowed = read.clone();
    allowed.extend(actions(&policy("assume-role-policy")));
    assert_eq!(asked(&simulator), allowed);
    // The policy of the member account's role allows all its calls.
    let of_member = simulator.calls().into_iter();
    let of_member: BTreeSet<_> = of_member
        .filter(|call| call.account_id == MEMBER)
        .map(|call| action(&call))
        .collect();
    assert_eq!(of_member, read);
}

/// A configuration with these collectors on, and tags where they are among them.
fn config_of(on: &BTreeSet<String>) -> String {
    let switches: Vec<_> = Collector::ALL
        .into_iter()
        .map(|one| format!("{}: {}", one.as_str(), on.contains(one.as_str())))
        .collect();
    let tags = if on.contains(TAGS) {
        "tags: {labels: [team]}\n"
    } else {
        ""
    };
    format!(
        "{BRISK}{tags}collectors: {{{}}}\ntargets: [{{regions: [{REGION}, {OTHER_REGION}]}}]\n",
        switches.join(", ")
    )
}

#[tokio::test]
async fn the_documented_actions_are_those_that_the_collectors_call() {
    let mut alone = BTreeSet::new();
    let mut needed = BTreeSet::new();
    for (on, actions) in documented_actions() {
        let simulator = simulator(account(ACCOUNT)).await;
        let (output, _) = once(&simulator, &config_of(&on)).await;
        assert!(output.status.success(), "{on:?}: {output:?}");
        assert_eq!(asked(&simulator), actions, "{on:?}");
        if on.len() == 1 {
            alone.extend(on);
        }
        needed.extend(actions);
    }
    let collectors = Collector::ALL.map(|one| one.as_str().to_owned());
    assert_eq!(alone, BTreeSet::from(collectors));
    let policies = &actions(&policy("policy")) | &actions(&policy("policy-cloudwatch"));
    assert_eq!(needed, policies);
}

/// Whether the ARN of a policy, which may end in `*`, covers a resource of this name.
fn covers(arn: &str, kind: &str, name: &str) -> bool {
    let resource = arn.rsplit(':').next().unwrap_or_default();
    let pattern = resource
        .strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix('/'));
    pattern.is_some_and(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    })
}

#[tokio::test]
async fn with_the_documented_filters_the_narrow_policy_is_enough() {
    let mut region = region(2, 2);
    for name in ["prod-a", "prod-b"] {
        region.put_fleet(Fleet::new(name));
        region.put_stack(Stack::new(name));
        region.put_association(name, name);
        // A stack that the filters leave out, and with that an association.
        region.put_association(name, "stack-0");
    }
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let filters = &blocks("docs/iam.md", "yaml")[0];
    let (output, metrics) = once(&simulator, &format!("{BRISK}{filters}")).await;
    assert!(output.status.success(), "{output:?}");
    metrics.assert("appstream_fleet_info", &[("fleet", "prod-a")], 1.0);

    let narrow = policy("policy-narrow");
    let statements = narrow["Statement"].as_array().expect("a list");
    let mut limited = BTreeSet::new();
    for call in simulator.calls() {
        let action = format!("{}:{}", call.service, call.operation);
        let statement = statements
            .iter()
            .find(|statement| texts(&statement["Action"]).contains(&action));
        let resources = texts(&statement.expect(&action)["Resource"]);
        if resources.contains("*") {
            continue;
        }
        let named = [
            ("fleet", &call.parameters.fleet),
            ("stack", &call.parameters.stack),
            ("workspacespool", &call.parameters.pool),
        ];
        for (kind, name) in named {
            let Some(name) = name else { continue };
            let covered = resources.iter().any(|arn| covers(arn, kind, name));
            assert!(covered, "{action} of {kind} {name}");
            limited.insert(kind);
        }
    }
    assert_eq!(
        limited,
        BTreeSet::from(["fleet", "stack", "workspacespool"])
    );
}

/// The trust policies by what they are named for.
const TRUSTS: [&str; 5] = ["irsa", "pod-identity", "cross-account", "ec2", "ecs"];

#[test]
fn trust_policies_let_in_one_caller_each() {
    let mut found = entries("deploy/iam");
    found.retain(|path| path.contains("trust-policy-"));
    let mut expected = TRUSTS.map(|trust| format!("deploy/iam/trust-policy-{trust}.json"));
    expected.sort();
    assert_eq!(found, expected);
    for trust in TRUSTS {
        let policy = policy(&format!("trust-policy-{trust}"));
        assert!(!policy.to_string().contains('*'), "{trust} has a wildcard");
        let statement = statement(&policy);
        let conditions = statement["Condition"].as_object();
        for (operator, _) in conditions.into_iter().flatten() {
            assert_eq!(operator, "StringEquals", "{trust}");
        }
        let keys = conditions.map_or(0, |all| {
            all["StringEquals"].as_object().map_or(0, |keys| keys.len())
        });
        let principal = statement["Principal"].as_object().expect("named");
        let kind = principal.keys().next().expect("one").as_str();
        let actions: Vec<_> = texts(&statement["Action"]).into_iter().collect();
        let actions: Vec<_> = actions.iter().map(String::as_str).collect();
        let (wanted_kind, wanted_actions, wanted_keys) = match trust {
            "irsa" => ("Federated", &["sts:AssumeRoleWithWebIdentity"][..], 2),
            "pod-identity" => ("Service", &["sts:AssumeRole", "sts:TagSession"][..], 3),
            "cross-account" => ("AWS", &["sts:AssumeRole"][..], 1),
            "ec2" => ("Service", &["sts:AssumeRole"][..], 0),
            _ => ("Service", &["sts:AssumeRole"][..], 1),
        };
        assert_eq!(
            (kind, &actions[..], keys),
            (wanted_kind, wanted_actions, wanted_keys),
            "{trust}"
        );
    }
    // The keys of the conditions belong to the provider that is trusted.
    let irsa = policy("trust-policy-irsa");
    let irsa = statement(&irsa);
    let provider = irsa["Principal"]["Federated"].as_str().expect("an ARN");
    let (_, issuer) = provider
        .split_once(":oidc-provider/")
        .expect("of a provider");
    let keys = irsa["Condition"]["StringEquals"].as_object().expect("keys");
    let keys: Vec<_> = keys.keys().map(String::as_str).collect();
    assert_eq!(keys, [format!("{issuer}:aud"), format!("{issuer}:sub")]);
}

#[test]
fn the_policies_for_several_accounts_fit_the_example() {
    let assume = policy("assume-role-policy");
    assert_eq!(
        actions(&assume),
        BTreeSet::from(["sts:AssumeRole".to_owned()])
    );
    let trust = policy("trust-policy-cross-account");
    let blocks = blocks("docs/configuration.md", "yaml");
    let example = blocks.iter().find(|text| text.contains("external_id:"));
    let example = config::parse(
        example.expect("it is there"),
        Path::new("docs/configuration.md"),
    );
    let targets = example.expect("it is valid").targets;
    let roles: Vec<_> = targets
        .iter()
        .filter_map(|target| target.role.as_ref())
        .collect();
    let arns: Vec<_> = roles.iter().map(|role| role.arn.as_str()).collect();
    assert_eq!(statement(&assume)["Resource"], json!(arns));
    let external_id = roles[0].external_id.as_ref().expect("it has one");
    assert_eq!(
        statement(&trust)["Condition"],
        json!({"StringEquals": {"sts:ExternalId": external_id.expose()}})
    );
}

/// A program that comes with `tests/requirements.txt`, as cfn-lint does, which says why there is none.
fn installed(program: &str) -> Option<PathBuf> {
    crate::support::tools::tool("cfn-lint")?;
    let found = root("target/tools/python/bin").join(program);
    assert!(found.exists(), "{program} is missing: run `make tools`");
    Some(found)
}

/// The findings of parliament in a policy. It compares actions and resources with AWS's
/// reference.
fn findings(linter: &Path, policy: &str) -> String {
    let output = Command::new(linter)
        .arg("--string")
        .arg(policy)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(output.stderr, b"", "it can read the policy");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn actions_and_resources_are_those_of_iam() {
    let Some(linter) = installed("parliament") else {
        return;
    };
    for name in ["policy-narrow", "assume-role-policy"] {
        let text = read(format!("deploy/iam/{name}.json"));
        assert_eq!(findings(&linter, &text), "", "{name}");
    }
    // Actions that need not have every resource are those that the narrow policy limits.
    let found = findings(&linter, &read("deploy/iam/policy.json"));
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.contains("Unnecessary use of Resource *"), "{found}");
    let named: BTreeSet<_> = found
        .split('\'')
        .filter(|text| text.contains(':') && !text.contains(' '))
        .map(str::to_owned)
        .collect();
    let narrow = policy("policy-narrow");
    let statements = narrow["Statement"].as_array().expect("a list");
    let limited: BTreeSet<_> = statements
        .iter()
        .filter(|statement| statement["Resource"] != "*")
        .flat_map(|statement| texts(&statement["Action"]))
        .collect();
    assert_eq!(named, limited);
    // Fleets are no pools.
    let wrong = read("deploy/iam/policy-narrow.json").replace(":workspacespool/", ":fleet/");
    let found = findings(&linter, &wrong);
    assert!(
        found.contains("workspaces:DescribeWorkspacesPoolSessions"),
        "{found}"
    );
}

/// A script with what `tests/requirements.txt` names.
fn python(script: &str) -> Option<Command> {
    let mut command = Command::new(installed("python")?);
    command.arg(root(format!("tests/packaging/iam/{script}.py")));
    Some(command)
}

/// The JSON output of a command with this input.
fn answer(mut command: Command, input: &Value) -> Value {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(input.to_string().as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

#[test]
fn the_commands_of_the_documents_are_those_of_the_aws_cli() {
    let Some(mut command) = python("commands") else {
        return;
    };
    let count = crate::support::tools::run(command.arg(root("docs/iam.md")));
    let count: usize = count.trim().parse().expect("a number");
    assert!(count >= 10, "only {count} commands were found");
}
