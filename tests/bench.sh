#!/usr/bin/env bash
# Measures refreshes and scrapes of the release build against the simulator in a
# process of its own, and prints the tables of BENCHMARKS.md.
set -euo pipefail
cd "$(dirname "$0")/.."

export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench AWS_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true
exporter=target/release/appstream-exporter
simulator=target/release/appstream-simulator
# `make bench` has built it: a server that does nothing but send a file.
bare=$(find target/release/deps -maxdepth 1 -name 'bare-*' -executable -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
folder=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

now() { date +%s%N; }
peak() { awk '/VmHWM/ {printf "%.1f", $2 / 1024}' "/proc/$1/status"; }
# The URL that the simulator prints, and the address that the exporter logs.
until_there() { until grep -qsE "$2" "$1"; do sleep 0.02; done; grep -m 1 -oE "$2" "$1"; }

# Starts a simulator and an exporter without a rate limit; sets $address, $pid and $begun.
start() {
  local fleets=$1 sessions=$2
  "$simulator" --listen-address 127.0.0.1:0 --fleets "$fleets" --sessions "$sessions" --pools 0 \
    --latency 20ms >"$folder/simulator" 2>&1 &
  pids+=($!)
  AWS_ENDPOINT_URL=$(until_there "$folder/simulator" 'http://[0-9.:]+')
  export AWS_ENDPOINT_URL
  cat >"$folder/config.yaml" <<YAML
refresh: {interval: ${interval:-24h}}
aws: {requests_per_second: 1000000, burst: 1000000, max_concurrency: 16}
YAML
  begun=$(now)
  "$exporter" --config.file "$folder/config.yaml" --web.listen-address 127.0.0.1:0 2>"$folder/log" &
  pid=$!
  pids+=("$pid")
  until_there "$folder/log" 'first refresh ended' >/dev/null
  took=$((($(now) - begun) / 1000000))
  address=$(grep -oE 'address=[0-9.:]+' "$folder/log" | cut -d= -f2)
}

stop() {
  kill "${pids[@]}"
  wait "${pids[@]}" 2>/dev/null || true
  pids=()
}

# Sum of a family's samples in the metrics that were fetched last.
sum() { awk -v family="^$1" '$0 ~ family {sum += $NF} END {print sum + 0}' "$folder/metrics"; }
fetch() { curl -s "http://$address/metrics" >"$folder/metrics"; }

echo '| fleets | sessions | first refresh: calls | ms | calls x 20 ms / 16 | peak MiB | later: calls | floor | ms | calls x 20 ms / 16 | peak MiB |'
echo '|---|---|---|---|---|---|---|---|---|---|---|'
interval=20s
for size in '10 1000' '100 10000' '1000 100000'; do
  read -r fleets sessions <<<"$size"
  start "$fleets" "$sessions"
  sleep 0.5
  fetch
  calls=$(sum appstream_exporter_aws_requests_total)
  found=$(sum 'appstream_sessions{')
  [ "$found" = "$sessions" ] || { echo "counted $found sessions instead of $sessions" >&2; exit 1; }
  first=$(peak "$pid")
  fleet_pages=$(sum 'appstream_exporter_aws_requests_total{.*DescribeFleets')
  # The second refresh, which has the economy of those that follow.
  until [ "$(sum appstream_exporter_refreshes_total)" -ge 2 ]; do sleep 0.2; fetch; done
  sleep 0.5
  fetch
  later=$(($(sum appstream_exporter_aws_requests_total) - calls))
  # Pages of fleets, pages of 50 sessions, and the empty list of pools.
  floor=$((fleet_pages + fleets * 2 + 1))
  # From the first call to the last: those for sessions begin with the refresh.
  duration=$(awk '/^appstream_exporter_collector_duration_seconds.*appstream_sessions"/ {printf "%d", $NF * 1000}' "$folder/metrics")
  echo "| $fleets | $sessions | $calls | $took | $((calls * 20 / 16)) | $first | $later | $floor | $duration | $((later * 20 / 16)) | $(peak "$pid") |"
  stop
done

interval=24h
echo
echo '| series | server | encoding | bytes sent | requests/s | p50 | p99 |'
echo '|---|---|---|---|---|---|---|'
for size in '25 2500' '100 10000'; do
  read -r fleets sessions <<<"$size"
  start "$fleets" "$sessions"
  sleep 0.5
  curl -s "http://$address/metrics" >"$folder/metrics"
  series=$(grep -vc '^#' "$folder/metrics")
  for encoding in identity gzip; do
    # What the exporter answers, from a server that does nothing else.
    curl -s --header "Accept-Encoding: $encoding" "http://$address/metrics" >"$folder/body"
    "$bare" "$folder/body" >"$folder/bare.log" &
    bare_pid=$!
    bare_address=$(until_there "$folder/bare.log" 'address=[0-9.:]+' | cut -d= -f2)
    for server in exporter bare; do
      at=$address
      if [ "$server" = bare ]; then at=$bare_address; fi
      wrk --threads 1 --connections 8 --duration 10s --latency --header "Accept-Encoding: $encoding" \
        "http://$at/metrics" >"$folder/wrk"
      if grep -q 'Non-2xx' "$folder/wrk"; then cat "$folder/wrk" >&2; exit 1; fi
      rate=$(awk '/Requests\/sec/ {print $2}' "$folder/wrk")
      p50=$(awk '$1 == "50%" {print $2}' "$folder/wrk")
      p99=$(awk '$1 == "99%" {print $2}' "$folder/wrk")
      echo "| $series | $server | $encoding | $(stat -c %s "$folder/body") | $rate | $p50 | $p99 |"
    done
    kill "$bare_pid"
    wait "$bare_pid" 2>/dev/null || true
  done
  echo "| | | memory after all | $(peak "$pid") MiB | | | |"
  stop
done

# Eight refreshes with a scrape and a look at the page in each.
interval=12s
echo
echo '| fleets | sessions | scrapes | series | peak MiB |'
echo '|---|---|---|---|---|'
for size in '100 10000' '1000 100000'; do
  for encoding in gzip identity; do
    read -r fleets sessions <<<"$size"
    start "$fleets" "$sessions"
    for _ in 1 2 3 4 5 6 7 8; do
      curl -s --header "Accept-Encoding: $encoding" "http://$address/metrics" >"$folder/body"
      curl -s "http://$address/" >/dev/null
      sleep "$interval"
    done
    memory=$(peak "$pid")
    fetch
    echo "| $fleets | $sessions | $encoding | $(grep -vc '^#' "$folder/metrics") | $memory |"
    stop
  done
done

# Five minutes of 100 fleets and 10,000 sessions at a rate limit: when everything is
# counted, and how many requests are throttled.
limited() {
  local name=$1 throttle=$2 rate=$3 sim url exp address complete=never begun
  "$simulator" --listen-address 127.0.0.1:0 --fleets 100 --sessions 10000 --pools 3 --latency 20ms $throttle \
    >"$folder/$name.simulator" 2>&1 &
  sim=$!
  trap 'kill "$sim" ${exp:-} 2>/dev/null' EXIT
  url=$(until_there "$folder/$name.simulator" 'http://[0-9.:]+')
  echo "aws: {requests_per_second: $rate}" >"$folder/$name.yaml"
  begun=$(date +%s)
  AWS_ENDPOINT_URL=$url "$exporter" --config.file "$folder/$name.yaml" --web.listen-address 127.0.0.1:0 2>"$folder/$name.log" &
  exp=$!
  address=$(until_there "$folder/$name.log" 'address=[0-9.:]+' | cut -d= -f2)
  while [ $(($(date +%s) - begun)) -lt 300 ]; do
    sleep 1
    curl -s "http://$address/metrics" >"$folder/$name.metrics"
    if [ "$complete" = never ] && [ "$(total appstream_sessions{)" = 10000 ]; then
      complete=$(($(date +%s) - begun))
    fi
  done
  echo "| ${throttle:-none} | $rate | $complete | $(total appstream_exporter_aws_requests_total) | $(total 'appstream_exporter_aws_request_failures_total{.*Throttling') |"
}
total() { awk -v family="^$1" '$0 ~ family {sum += $NF} END {print sum + 0}' "$folder/$name.metrics"; }

echo
echo '| limit of the service | aws.requests_per_second | complete after, s | requests in 300 s | throttled |'
echo '|---|---|---|---|---|'
limited default '' 5 &
one=$!
limited eight '--requests-per-second 8' 6 &
wait "$one" $!
