#!/usr/bin/env bash
# Measures the release build in the demo, as docs/sizing.md quotes it: time to the
# first data, peak resident memory after eleven minutes of scrapes, a whole day of the company, size.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=target/release/appstream-exporter
seconds=${1:-660}
log=$(mktemp)
trap 'kill "$pid" 2>/dev/null || true; rm -f "$log"' EXIT

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

begun=$(milliseconds)
"$binary" --demo --web.listen-address 127.0.0.1:0 2>"$log" &
pid=$!
until address=$(grep -oE 'address=[0-9.:]+' "$log" | cut -d= -f2) && [ -n "$address" ]; do :; done
until curl -s "http://$address/metrics" | grep -q '^appstream_sessions{'; do :; done
echo "first data on /metrics: $(($(milliseconds) - begun)) ms after the start"

end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
  curl -s "http://$address/metrics" >/dev/null
  curl -s --compressed "http://$address/metrics" >/dev/null
  sleep 0.5
done
echo "peak resident memory after ${seconds} s of the demo: $(awk '/VmHWM/ {printf "%.1f MiB", $2 / 1024}' "/proc/$pid/status")"
echo "size of the stripped release binary: $(stat -c %s "$binary" | awk '{printf "%.1f MiB", $1 / 1048576}')"
