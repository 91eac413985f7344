
set -eu
# An array's indices end below MaxArraySize: more shards than that are several arrays, one after another.
most=$(scontrol show config | awk '$1 == "MaxArraySize" { print $3 - 1 }')
first=0 waits='' arrays=''
while [ "$first" -lt "$shards" ]; do
  count=$((shards - first < most ? shards - first : most))
  id=$(sbatch --parsable --array="1-$count$throttle" ${waits:+"--dependency=afterany:$waits"} "$scripts/array.sh" "$first")
  waits=${id%%;*}
  arrays=$arrays:$waits
  first=$((first + count))
done
id=$(sbatch --parsable --dependency="afterany$arrays" "$scripts/merge.sh")
echo "shards ${arrays#:}, merge ${id%%;*}"
