#!/usr/bin/env bash
# The main job on the sample data, in about a minute: train, compress, decompress, verify. Called by ./launch.sh demo.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
export SWAE_SKIP_SETUP=1 # launch.sh has just done it

readonly data=data/sample model=save/swae_all_vars_7x7x7_mlp
folder=results/demo_$(date +%Y-%m-%d_%H-%M-%S)
readonly folder

ranks=1
for name in mpirun.openmpi mpirun mpirun.mpich mpiexec.hydra mpiexec; do
  command -v "$name" >/dev/null 2>&1 && ranks=2
done
[ -n "${SWAE_MPIRUN:-}${SLURM_JOB_ID:-}" ] && ranks=2
readonly ranks

step() { printf '\n── %s\n   %s\n' "$1" "$2"; }
swae() {
  printf '   $ ./launch.sh -n %s %s\n\n' "$ranks" "$*"
  ./launch.sh -n "$ranks" "$@"
}

step 'Train' 'a small autoencoder for a short while, on real octants of a binary black hole run'
swae train "$data" --block-size 7 --epochs 12 --output-dir "$folder/model"

step 'Compress' 'the folder, with the model that comes with swae (trained for much longer)'
swae compress "$data" --model-path "$model" --output-dir "$folder"
archive=$(echo "$folder"/compressed_*/all_variables_encoded.h5)

step 'Decompress' 'from the encoded file alone'
swae decompress "$archive" --output-dir "$folder/decompressed"

step 'Verify' 'every value against the original files'
swae verify "$archive" "$data"

node demo/summary.js "$(dirname "$archive")" "$folder" "$ranks"
