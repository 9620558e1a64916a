#!/usr/bin/env bash
# A Slurm cluster on one machine: a login node and COUNT nodes, each with a host name, network, /dev/shm and GPUs (fake ones) of
# its own, as Linux namespaces. As root; everything is below one process, and goes with it. The folder is in LAB.
#   lab.sh probe                why there can be none here, if so
#   lab.sh up COUNT | down
#   lab.sh login COMMAND…       on the login node
#   lab.sh shape RATE | off     what each node can send to others: 1gbit
#   lab.sh crash K | boot K     node K loses all its processes at once | starts again
set -euo pipefail
self=$(readlink -f -- "${BASH_SOURCE[0]}")
readonly self lab=${LAB:?the folder of the cluster}
readonly cores=4 megabytes=4000 gpus=2
export PATH=/usr/sbin:/sbin:$PATH SLURM_CONF=$lab/slurm.conf
readonly in_namespaces=(unshare --net --uts --ipc --mount --propagation private)

# --- what the daemons read ------------------------------------------------------------------------------------------------

write_configuration() {
  local -r count=$1
  local k
  mkdir -p "$lab"/{run,log,gpu,state}
  (umask 077 && head -c 1024 /dev/urandom >"$lab/munge.key")
  # Slurm counts only GPUs that are character devices; this one is /dev/null.
  for ((k = 0; k < gpus; k++)); do mknod -m 666 "$lab/gpu/nvidia$k" c 1 3; done
  echo "NodeName=node[1-$count] Name=gpu File=$lab/gpu/nvidia[0-$((gpus - 1))]" >"$lab/gres.conf"
  printf '127.0.0.1 localhost\n10.77.0.254 login\n' >"$lab/hosts"
  common_configuration >"$lab/slurm.conf"
  for ((k = 1; k <= count; k++)); do
    mkdir -p "$lab/spool/node$k" "$lab/tmp/node$k"
    echo "10.77.0.$k node$k" >>"$lab/hosts"
    echo "NodeName=node$k NodeAddr=10.77.0.$k CPUs=$cores Boards=1 SocketsPerBoard=1 CoresPerSocket=$cores ThreadsPerCore=1" \
      "RealMemory=$megabytes Gres=gpu:$gpus State=UNKNOWN" >>"$lab/slurm.conf"
  done
  echo "PartitionName=main Nodes=node[1-$count] Default=YES MaxTime=INFINITE State=UP" >>"$lab/slurm.conf"
}

# cred_expire: a requeued job waits until the credentials of its first start have expired.
common_configuration() {
  cat <<TEXT
ClusterName=lab
SlurmctldHost=login(10.77.0.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$lab/run/munge.sock,cred_expire=5
CredType=cred/munge
SlurmctldPidFile=$lab/run/slurmctld.pid
SlurmdPidFile=$lab/run/slurmd.%n.pid
SlurmdSpoolDir=$lab/spool/%n
StateSaveLocation=$lab/state
SlurmctldLogFile=$lab/log/slurmctld.log
SlurmdLogFile=$lab/log/slurmd.%n.log
TmpFS=$lab/tmp/%n
PlugStackConfig=/dev/null
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=10000,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
MinJobAge=600
KillWait=15
SlurmdTimeout=20
GresTypes=gpu
TEXT
}

# --- in the namespaces ----------------------------------------------------------------------------------------------------

own_mounts() {
  mount -t tmpfs tmpfs /dev/shm
  mount -t sysfs sysfs /sys
  # slurmd asks for a cgroup hierarchy, whatever it is.
  mount -t tmpfs tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
  ip link set lo up
}

# The first process of the cluster; orphans become its children.
run_cluster() {
  local -r count=$1
  local k holder
  trap : TERM
  hostname login
  mount --bind "$lab/hosts" /etc/hosts
  own_mounts
  ip link add switch type bridge
  ip link set switch up
  ip addr add 10.77.0.254/24 dev switch
  munged --force --key-file="$lab/munge.key" --socket="$lab/run/munge.sock" --pid-file="$lab/run/munged.pid" \
    --log-file="$lab/log/munged.log" --seed-file="$lab/run/munged.seed" --num-threads=2
  slurmctld -c -i
  for ((k = 1; k <= count; k++)); do
    "${in_namespaces[@]}" "$self" run_node "$k" &
    holder=$!
    echo "$holder" >"$lab/run/node$k.pid"
    until [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
    ip link add "port$k" type veth peer name eth0 netns "$holder"
    ip link set "port$k" master switch up
  done
  while :; do wait -n || sleep 1; done
}

# Holds the namespaces of a node, also while it has crashed.
run_node() {
  local -r k=$1
  hostname "node$k"
  own_mounts
  until ip link show eth0 >/dev/null 2>&1; do sleep 0.01; done
  ip addr add "10.77.0.$k/24" dev eth0
  ip link set eth0 up
  slurmd -N "node$k"
  exec -a "node$k" sleep infinity
}

# --- commands -------------------------------------------------------------------------------------------------------------

first_process() { cat "$lab/run/first.pid" 2>/dev/null; }
on_login() { nsenter -t "$(first_process)" -n -u -i -m -p -w"$PWD" "$@"; }
on_node() {
  local -r k=$1
  shift
  nsenter -t "$(first_process)" -m -p nsenter -t "$(cat "$lab/run/node$k.pid")" -n -u -i -m "$@"
}

probe() {
  local name
  for name in slurmctld slurmd srun munged unshare nsenter ip tc; do
    command -v "$name" >/dev/null || { echo "no $name: apt-get install slurm-wlm libpmix-dev munge iproute2" && return; }
  done
  compgen -G '/usr/lib/*/pmix2/lib/libpmix.so' >/dev/null || { echo 'no libpmix.so for srun --mpi=pmix: apt-get install libpmix-dev' && return; }
  [ "$EUID" = 0 ] || { echo 'not root' && return; }
  "${in_namespaces[@]}" --pid --fork --mount-proc bash -c 'mount -t tmpfs tmpfs /sys && mkdir /sys/c && mount -t cgroup -o none,name=systemd cgroup /sys/c &&
    ip link add probe0 type veth peer name probe1 && ip link add probe2 type bridge' >/dev/null 2>&1 || echo 'no namespaces, cgroups or virtual networks in this container'
}

up() {
  local -r count=$1
  local parent child=''
  write_configuration "$count"
  setsid "${in_namespaces[@]}" --pid --fork --mount-proc --kill-child "$self" run_cluster "$count" </dev/null >"$lab/log/cluster.log" 2>&1 &
  parent=$!
  until [ -n "$child" ]; do
    read -r child <"/proc/$parent/task/$parent/children" || sleep 0.02
  done
  echo "$child" >"$lab/run/first.pid"
  wait_for_idle "$count"
}

wait_for_idle() {
  local -r count=$1
  local try
  for ((try = 0; try < 600; try++)); do
    [ "$(on_login sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" = "$count" ] && return
    sleep 0.1
  done
  tail -n 20 "$lab"/log/* >&2
  return 1
}

down() {
  local -r first=$(first_process)
  [ -z "$first" ] || kill -9 "$first"
}

# All processes of a node but the one that holds its namespaces.
crash() {
  local -r k=$1
  # shellcheck disable=SC2016
  on_node "$k" bash -c 'for process in /proc/[0-9]*; do
    pid=${process#/proc/}
    [ "$pid" = "$0" ] || [ "$pid" = $$ ] || [ "$(readlink "$process/ns/uts")" != "$(readlink "/proc/$0/ns/uts")" ] || kill -9 "$pid"
  done 2>/dev/null || true' "$(cat "$lab/run/node$k.pid")"
}

boot() { on_node "$1" slurmd -N "node$1"; }

# The bucket holds what passes at once: far less than a message whose time counts.
shape() {
  local -r rate=$1
  local holder
  for holder in "$lab"/run/node*.pid; do
    holder=${holder##*/node}
    on_node "${holder%.pid}" bash -c "tc qdisc del dev eth0 root 2>/dev/null
      [ $rate = off ] || tc qdisc add dev eth0 root tbf rate $rate burst 32kb latency 50ms"
  done
}

case "${1:-}" in
  probe) probe ;;
  up) up "$2" ;;
  down) down ;;
  login) on_login "${@:2}" ;;
  crash) crash "$2" ;;
  boot) boot "$2" ;;
  shape) shape "$2" ;;
  run_cluster | run_node) "$1" "$2" ;;
  *) sed -n 2,8p "$self" >&2 && exit 2 ;;
esac
