#!/usr/bin/env bash
# The one way to start swae: sets up what is missing, then runs a command on MPI ranks. ./launch.sh --help tells more.
set -euo pipefail
script=${BASH_SOURCE[0]}
# Only where this is a link itself: other nodes may know a linked folder by no other name.
if [ -L "$script" ]; then script=$(readlink -f -- "$script"); fi
root=$(cd -- "$(dirname -- "$script")" && pwd)
readonly root

help() {
  cat <<'TEXT'
usage: ./launch.sh [-n RANKS] COMMAND [OPTIONS]

  ./launch.sh demo                          trains, compresses and verifies on the sample data
  ./launch.sh -n 4 train DATA --epochs 20   any swae command, on 4 ranks
  ./launch.sh -n 4 compress DATA            (./launch.sh COMMAND --help lists a command's options)
  ./launch.sh test                          runs the tests
  ./launch.sh setup                         only installs and builds, e.g. on a login node before sbatch
  ./launch.sh setup --cuda                  for --device cuda too: onnxruntime's part for CUDA 13, CUDA and cuDNN (PyPI)
  ./launch.sh setup --tensorflow            for --engine tensorflow too: tfjs-node, made for the TensorFlow of PyPI

Ranks are started by srun inside a Slurm allocation, else by the mpirun that is found, else the command runs as one
process. RANKS is the number of tasks of the allocation inside Slurm, and 1 elsewhere. Each rank gets an equal share of
its node's cores as threads. What is missing is set up first: node packages and the build always; for demo and test, on
Debian as root, also MPI, and for test Slurm and Chromium (apt-get). Exit codes and signals are those of the command.

environment:
  SWAE_THREADS       threads of each rank (default: cores / ranks of a node)
  SWAE_MPIRUN        the mpirun to use, e.g. /opt/openmpi/bin/mpirun, with options if need be
  SWAE_MPI_LIBRARY   full path of the libmpi that the ranks load (default: searched for)
  SWAE_SRUN_ARGS     more options for srun, e.g. --mpi=pmi2; they win over those given here
  SWAE_SKIP_SETUP    1: change nothing here, no npm, no build, no apt-get
TEXT
}

say() { printf 'launch.sh: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
# A wrong command line.
misuse() {
  say "$*"
  exit 2
}
# announce TEXT COMMAND…: what is about to run, unless it is to be quiet.
announce() {
  local word
  for word in "${@:2}"; do case "$word" in -q | --quiet) return ;; esac; done
  say "$1"
}
have() { command -v "$1" >/dev/null 2>&1; }

# --- what must be there -----------------------------------------------------------------------------------------------

require_node() {
  have node || fail 'node is not installed: https://nodejs.org (20.19 or later), or module load nodejs'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "node 20.19 or later is needed, this is $(node --version)"
}

install_node_packages() {
  local -r lock=package-lock.json installed=node_modules/.package-lock.json
  # A linked node_modules is another checkout's to keep up to date.
  [ -L node_modules ] && return
  if [ -e "$installed" ] && [ ! "$lock" -nt "$installed" ]; then return; fi
  have npm || fail 'npm is not installed, and the node packages are missing'
  say 'installing node packages (npm ci)'
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch "$installed"
  # npm ci has taken the links away.
  if [ -d "cuda/onnxruntime_gpu-$(onnxruntime_version).dist-info" ]; then
    link_cuda
  elif [ -d cuda ]; then
    say 'cuda/ is of another onnxruntime: ./launch.sh setup --cuda'
  fi
}

onnxruntime_version() { node -p 'require("./node_modules/onnxruntime-node/package.json").version'; }

# What --device cuda needs beside npm's packages, into cuda/. PyPI has it as files of Python packages; no Python runs them.
install_cuda() {
  local version
  require_pip --cuda
  version=$(onnxruntime_version)
  say "installing onnxruntime-gpu $version, CUDA 13 and cuDNN 9 from PyPI into cuda/ (1.6 GB to fetch, 2.6 GB there)"
  python3 -m pip install --quiet --disable-pip-version-check --upgrade --target cuda \
    "onnxruntime-gpu[cuda,cudnn]==$version" >&2 || fail "pip could not install onnxruntime-gpu $version"
  # The name that onnxruntime asks for.
  ln -sf libcudnn.so.9 cuda/nvidia/cudnn/lib/libcudnn.so
  link_cuda
}

require_pip() {
  have python3 && python3 -m pip --version >/dev/null 2>&1 ||
    fail "setup $1 needs a Python from 3.11 with pip: module load python, or apt-get install python3-pip"
}

# The package of npm wants libtensorflow 2.9, which neither npm nor PyPI has; its C++ part is small, and is built here for a newer one.
install_tensorflow() {
  local -r package=node_modules/@tensorflow/tfjs-node headers=$(node -p 'path.resolve(process.execPath, "../..")')
  local library
  require_pip --tensorflow
  have g++ && have make || fail 'setup --tensorflow needs a C++ compiler: module load gcc, or apt-get install g++ make'
  [ -e "$headers/include/node/node_api.h" ] || fail "setup --tensorflow needs the headers of node in $headers/include/node"
  say 'installing TensorFlow from PyPI into tensorflow/ (0.3 GB to fetch, 1.1 GB there), and building tfjs-node for it'
  python3 -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --target tensorflow \
    "${SWAE_TENSORFLOW:-tensorflow-cpu}" >&2 || fail 'pip could not install TensorFlow'
  npm install --no-save --save-peer --ignore-scripts --no-audit --no-fund --loglevel=error @tensorflow/tfjs-node >&2
  mkdir -p "$package/deps/lib"
  ln -sfn "$root/tensorflow/tensorflow/include" "$package/deps/include"
  for library in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
    ln -sf "$root/tensorflow/tensorflow/$library" "$package/deps/lib/"
  done
  # The names that the linker is told.
  ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
  ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"
  npm explore npm --global -- node node_modules/node-gyp/bin/node-gyp.js rebuild --loglevel=error \
    --directory="$root/$package" --nodedir="$headers" -- \
    -Dmodule_name=tfjs_binding -Dmodule_path=lib/napi-v8 -Dnapi_build_version=8 >&2
}

link_cuda() {
  local name
  for name in shared cuda; do
    ln -sf "../../../../../../cuda/onnxruntime/capi/libonnxruntime_providers_$name.so" \
      node_modules/onnxruntime-node/bin/napi-v6/linux/x64/
  done
}

build() {
  local -r stamp=build/.stamp
  local folders=() folder
  for folder in src test bench; do [ -d "$folder" ] && folders+=("$folder"); done
  # Folders count too: they change when a source is deleted, whose output must go.
  if [ -e "$stamp" ] && [ -z "$(find "${folders[@]}" assemble.ts bundle.ts tsconfig.json package-lock.json \
    \( -type d -o -name '*.ts' -o -name '*.wat' -o -name '*.json' -o -name '*.html' -o -name '*.css' \) -newer "$stamp" -print -quit)" ]; then return; fi
  say 'building'
  rm -rf build
  mkdir build
  : >"$stamp.new"
  node_modules/.bin/tsc -p . >&2
  node build/assemble.js >&2
  node build/bundle.js >&2
  mv "$stamp.new" "$stamp"
}

setup() {
  [ "${SWAE_SKIP_SETUP:-}" = 1 ] && return
  require_node
  cd -- "$root"
  install_node_packages
  build
  cd -- "$OLDPWD"
}

# install_system COMMAND:PACKAGE…: installs the Debian packages whose command is missing, where that may be done.
install_system() {
  local pair missing=()
  [ "${SWAE_SKIP_SETUP:-}" = 1 ] && return
  for pair in "$@"; do have "${pair%%:*}" || missing+=("${pair#*:}"); done
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  if [ "$EUID" -ne 0 ] || ! have apt-get; then
    say "not installed: ${missing[*]} (as root: apt-get install ${missing[*]}; on a cluster: module load openmpi); going on without"
    return
  fi
  say "installing with apt-get: ${missing[*]}"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"; } >/dev/null ||
    say "apt-get could not install ${missing[*]}; going on without"
}

# --- ranks ------------------------------------------------------------------------------------------------------------

# The mpirun to use, as words; empty where there is none.
find_mpirun() {
  local name names=(mpirun.openmpi mpirun mpirun.mpich mpiexec.hydra mpiexec)
  if [ -n "${SWAE_MPIRUN:-}" ]; then
    echo "$SWAE_MPIRUN"
    return
  fi
  if [ "$(library_flavour)" = mpich ]; then
    names=(mpiexec.hydra mpirun.mpich mpirun mpiexec mpirun.openmpi)
  elif is_loaded mpirun; then
    names=(mpirun)
  fi
  for name in "${names[@]}"; do
    if have "$name"; then
      echo "$name"
      return
    fi
  done
}

# is_loaded COMMAND: whether it is there by a module or the user's PATH, rather than the system's own.
is_loaded() {
  case "$(command -v "$1" || true)" in
    '' | /usr/bin/* | /bin/*) return 1 ;;
  esac
}

# The flavour that SWAE_MPI_LIBRARY names; empty where it is not set.
library_flavour() {
  case "${SWAE_MPI_LIBRARY:-}" in
    '') ;;
    *mpich* | *libmpi.so.12* | *libmpi_abi*) echo mpich ;;
    *) echo openmpi ;;
  esac
}

# flavour WORDS…: "openmpi", or "mpich" for that and its relatives.
flavour() {
  case "$("${1:-false}" --version 2>&1 || true)" in
    *'Open MPI'* | *OpenRTE* | *PRRTE*) echo openmpi ;;
    *) echo mpich ;;
  esac
}

# How srun is to connect the ranks of the library that they will load.
slurm_mpi_type() {
  local words found
  found=$(library_flavour)
  if [ -z "$found" ]; then
    read -ra words <<<"$(find_mpirun)" || true
    if [ "${#words[@]}" -gt 0 ]; then found=$(flavour "${words[@]}"); fi
  fi
  if [ "$found" = mpich ]; then echo pmi2; else echo pmix; fi
}

cores() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

# slurm_threads RANKS: the cores of a task where the job asked for some, else its share of its node's.
slurm_threads() {
  local -r nodes=${SLURM_JOB_NUM_NODES:-1} ranks=$1
  local node_cores=${SLURM_JOB_CPUS_PER_NODE:-$(cores)}
  node_cores=${node_cores%%[!0-9]*}
  echo "${SLURM_CPUS_PER_TASK:-$(share "$node_cores" $(((ranks + nodes - 1) / nodes)))}"
}

# share CORES RANKS
share() { echo $(($1 / $2 > 0 ? $1 / $2 : 1)); }

run_with_srun() {
  local -r ranks=${1:-${SLURM_NTASKS:-${SLURM_JOB_NUM_NODES:-1}}}
  shift
  local options=(--mpi="$(slurm_mpi_type)" --ntasks="$ranks" --kill-on-bad-exit=1) more=()
  # srun does not take this over from the job by itself.
  [ -n "${SLURM_CPUS_PER_TASK:-}" ] && options+=(--cpus-per-task="$SLURM_CPUS_PER_TASK")
  read -ra more <<<"${SWAE_SRUN_ARGS:-}" || true
  export SWAE_THREADS=${SWAE_THREADS:-$(slurm_threads "$ranks")}
  # The barrier in MPI_Init must hold: by "tree", as by default, ranks pass it alone (Slurm 22.05), and send to ranks that crash on it.
  export SLURM_PMIX_FENCE=${SLURM_PMIX_FENCE:-ring}
  announce "$ranks rank(s) by srun ${options[0]}, $SWAE_THREADS thread(s) each" "$@"
  exec srun "${options[@]}" ${more[@]+"${more[@]}"} "$@"
}

run_with_mpirun() {
  local -r ranks=$1
  shift
  local words options=()
  read -ra words <<<"$(find_mpirun)"
  if [ "$(flavour "${words[@]}")" = openmpi ]; then
    # Bound to one core, a rank's threads would share it. Variables do not reach other nodes unless named.
    options=(--bind-to none --map-by slot:OVERSUBSCRIBE -x SWAE_THREADS -x UCX_MEM_EVENTS)
    [ -d "$root/cuda/nvidia" ] && options+=(-x LD_LIBRARY_PATH)
    [ "$ranks" -gt "$(cores)" ] && export OMPI_MCA_mpi_yield_when_idle=1
    [ "$EUID" -eq 0 ] && export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  announce "$ranks rank(s) by ${words[*]}, $SWAE_THREADS thread(s) each" "$@"
  exec "${words[@]}" ${options[@]+"${options[@]}"} -n "$ranks" "$@"
}

# run RANKS COMMAND…: RANKS may be empty.
run() {
  local ranks=$1
  shift
  local -r program=(node "$root/build/bin/swae.js" "$@")
  # A site's modules come first.
  if [ -d "$root/cuda/nvidia" ]; then
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$root/cuda/nvidia/cu13/lib:$root/cuda/nvidia/cudnn/lib
  fi
  # Must be set before a library loads UCX, whose hooks on memory calls crash node now and then.
  export UCX_MEM_EVENTS=${UCX_MEM_EVENTS:-n}
  if [ -n "${SLURM_JOB_ID:-}" ] && have srun; then run_with_srun "$ranks" "${program[@]}"; fi
  ranks=${ranks:-1}
  export SWAE_THREADS=${SWAE_THREADS:-$(share "$(cores)" "$ranks")}
  if [ "$ranks" -eq 1 ]; then
    announce "one process, $SWAE_THREADS thread(s)" "$@"
    exec "${program[@]}"
  fi
  [ -n "$(find_mpirun)" ] ||
    fail "-n $ranks needs MPI, and no mpirun was found: apt-get install openmpi-bin (as root), or module load openmpi"
  run_with_mpirun "$ranks" "${program[@]}"
}

run_demo() {
  setup
  # Any mpirun will do.
  [ -n "$(find_mpirun)" ] || install_system mpirun:openmpi-bin
  cd -- "$root"
  exec bash demo/run.sh
}

run_tests() {
  # As a process of its own: within a condition `set -e` would not stop it at the first failing step.
  if ! "$root/launch.sh" setup; then
    say 'the setup failed'
    echo '0 passed, 1 failed'
    exit 1
  fi
  local modules=()
  # Debian's packages are for its own Python, which need not be the first on the path.
  python3 -c 'import h5py' 2>/dev/null || /usr/bin/python3 -c 'import h5py' 2>/dev/null || modules=(h5py:python3-h5py)
  install_system mpirun.openmpi:openmpi-bin mpirun.mpich:mpich h5dump:hdf5-tools \
    chromium:chromium slurmd:slurm-wlm slurmd:libpmix-dev munged:munge ip:iproute2 ${modules[@]+"${modules[@]}"}
  cd -- "$root"
  exec node build/test/run.js "$@"
}

main() {
  local ranks=''
  # -n4 is -n 4.
  case "${1:-}" in -n?*) set -- -n "${1#-n}" "${@:2}" ;; esac
  case "${1:-}" in
    -n)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || misuse "-n: expected a number of ranks, got '${2:-}'"
      ranks=$2
      shift 2
      ;;
    -h | --help) help && exit ;;
  esac
  case "${1:-}" in
    '')
      help >&2
      exit 2
      ;;
    demo | test | setup)
      [ -z "$ranks" ] || misuse "$1 chooses its ranks itself: leave out -n $ranks"
      [ $# -eq 1 ] || case "$1 $2 $#" in
        test* | 'setup --cuda 2' | 'setup --tensorflow 2') ;;
        setup*) misuse "setup takes --cuda or --tensorflow, got: ${*:2}" ;;
        *) misuse "$1 takes no arguments, got: ${*:2}" ;;
      esac
      ;;
  esac
  case "$1" in
    demo) run_demo ;;
    test) run_tests "${@:2}" ;;
    setup)
      setup
      cd -- "$root"
      if [ $# -eq 2 ]; then "install_${2#--}"; fi
      ;;
    *)
      setup
      run "$ranks" "$@"
      ;;
  esac
}

main "$@"
