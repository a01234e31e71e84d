#!/usr/bin/env bash
# Says good night to every sheep on a list, and counts them.
# Use: evening.sh flock.txt
set -euo pipefail

list="${1:-flock.txt}"
if [[ ! -f "$list" ]]; then
  echo "There is no list called $list. Write one name on each line." >&2
  exit 2
fi

count=0
while IFS= read -r name; do
  # an empty line is no sheep
  if [[ -z "$name" ]]; then
    continue
  fi
  count=$((count + 1))
  echo "Good night, $name."
done < "$list"

echo "That makes $count. The gate is shut."
