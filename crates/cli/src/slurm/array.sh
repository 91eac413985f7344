
set -u
shard=$((SLURM_ARRAY_TASK_ID + ${1:-0}))
name=shard-$shard-of-$shards
# Of the last task to start, $SLURM_JOB_ID names the whole array.
task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
# A folder of its own for every attempt: one that Slurm believes lost may still be writing to its own.
attempt=$out/attempt-$SLURM_JOB_ID-${SLURM_RESTART_COUNT:-0}
target=${scratch:+$scratch/equipoise-$task}
target=${target:-$attempt}
cd "$folder" && mkdir -p "$target/$name" || exit 1
[ -z "$scratch" ] || trap 'rm -rf "$target"' EXIT

# Lines of a journal, of which one is its head.
lines() {
  if [ -f "$1/$journal" ]; then wc -l <"$1/$journal"; else echo 1; fi
}

# Goes on from the rows of the attempt that has the most.
before=1 last=''
for known in "$out/$name" "$out"/attempt-*/"$name"; do
  [ "$(lines "$known")" -le "$before" ] || before=$(lines "$known") last=$known
done
[ -z "$last" ] || cp "$last/manifest.json" "$last/$journal" "$target/$name/" || exit 1

told='' child=''
# The limit is near: what is under way is finished and written.
trap 'told=1; [ -z "$child" ] || kill -INT "$child" 2>/dev/null' TERM
# With job control, so that the child does not ignore interrupts; without it afterwards, when a wait would end where
# Slurm suspends the child.
set -m
"${call[@]}" --out "$target" --shard "$shard/$shards" "$resume" &
child=$!
set +m
[ -z "$told" ] || kill -INT "$child" 2>/dev/null
wait "$child"
status=$?
# A signal ends a wait, not the child.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  status=$?
done
after=$(lines "$target/$name")
if [ -n "$scratch" ] && [ "$after" -gt 1 ]; then
  # There whole or not at all.
  mkdir -p "$attempt" && cp -a "$target/$name" "$attempt/.$name" && mv "$attempt/.$name" "$attempt/$name" || exit 1
fi
if [ -n "$told" ] && [ "$status" -ne 0 ] && [ "$status" -ne 1 ]; then
  if [ "$after" -le "$before" ]; then
    echo "$name: no row was finished before the limit; give it more time" >&2
    exit 1
  fi
  # A task that was cancelled, or that Slurm puts back itself, is not running any more.
  if scontrol show job "$task" | grep -q 'JobState=RUNNING'; then
    trap '' TERM
    scontrol requeue "$task" && sleep 60
  fi
fi
exit "$status"
