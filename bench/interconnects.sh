#!/usr/bin/env bash
# Octants sent raw and compressed between two nodes of the test cluster, over links of several bandwidths; as root:
#   RATES='200mbit 1gbit off' bench/interconnects.sh INPUT… [options of swae bench transfer]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
LAB=$(mktemp -d)
export LAB SWAE_MPI_LIBRARY=libmpi.so.40 OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_mpi_yield_when_idle=1
trap 'test/cluster/lab.sh down; rm -rf "$LAB"' EXIT
test/cluster/lab.sh up 2
for rate in ${RATES:-200mbit 500mbit 1gbit 2gbit 4gbit off}; do
  test/cluster/lab.sh shape "$rate"
  printf '\n== %s\n' "$rate"
  test/cluster/lab.sh login timeout 600 srun --mpi=pmix --nodes=2 --ntasks-per-node=1 node build/bin/swae.js bench transfer --threads 1 "$@"
done
