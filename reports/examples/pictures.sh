#!/bin/sh
# pictures.sh REPORT OUT: what the README shows of a report, in both themes: the frontier, and the page's part with the
# sliders. Drawn by headless Chromium, so bytes depend on its version and fonts.
set -eu
report=$1
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shot FILE PICTURE WIDTH HEIGHT; a theme of 0 is dark, 1 is light
shot() {
  for theme in light dark; do
    scheme=1
    [ "$theme" = light ] || scheme=0
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
      --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$work/profile" \
      --blink-settings=preferredColorScheme=$scheme --window-size="$3,$4" --screenshot="$out/$2-$theme.png" \
      "file://$1" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  done
}

cp "$report/frontier.svg" "$report/report.md" "$report/report.csv" "$out/"
{
  echo '<!DOCTYPE html><style>body{margin:0}</style>'
  cat "$report/frontier.svg"
} >"$work/frontier.html"
height=$(sed -n '1s/.* height="\([0-9]*\).*/\1/p' "$report/frontier.svg")
shot "$work/frontier.html" frontier 940 "$height"

only='header,nav,aside,footer,main>section:not(#explore){display:none!important}body{padding:0 1.25rem!important}h2{margin-top:1rem}'
sed "s|</style>|$only</style>|" "$report/report.html" >"$work/page.html"
shot "$work/page.html" page 1000 900
