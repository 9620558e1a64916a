/*
 * What `swae bench mpi` measures, in C: the same calls with the same data.
 *   mpicc -O2 bench/mpi.c -o mpi && mpirun -n 2 ./mpi MIN_BYTES MAX_BYTES ITERATIONS WARM_UP ROUNDS
 * Prints, for each operation and size: operation bytes min avg max (µs) wrong checksums-of-ranks.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG = 5, WINDOW = 32 };

static int rank, size, partner;
/* Of the size at hand. `theirs` takes the result. */
static int bytes;
static unsigned char *mine, *theirs;

static int is_first(void) { return rank < partner; }

static void latency(void) {
  if (is_first()) MPI_Send(mine, bytes, MPI_BYTE, partner, TAG, MPI_COMM_WORLD);
  MPI_Recv(theirs, bytes, MPI_BYTE, partner, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  if (!is_first()) MPI_Send(mine, bytes, MPI_BYTE, partner, TAG, MPI_COMM_WORLD);
}

static void bandwidth(void) {
  for (int i = 0; i < WINDOW; i++)
    if (is_first()) MPI_Send(mine, bytes, MPI_BYTE, partner, TAG, MPI_COMM_WORLD);
    else MPI_Recv(theirs, bytes, MPI_BYTE, partner, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  if (is_first()) MPI_Recv(NULL, 0, MPI_BYTE, partner, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  else MPI_Send(NULL, 0, MPI_BYTE, partner, TAG, MPI_COMM_WORLD);
}

static void allreduce(void) {
  MPI_Allreduce(MPI_IN_PLACE, theirs, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

static void gather(void) {
  const int share = bytes / size;
  MPI_Gather(mine, share, MPI_BYTE, theirs, share, MPI_BYTE, 0, MPI_COMM_WORLD);
}

static void fill_pattern(unsigned char *to, int length, int of_rank) {
  for (int i = 0; i < length; i++) to[i] = 1 + (i * 31LL + (i >> 8) + of_rank * 101) % 255;
}

static float term(int index, int of_rank) { return (index * 7LL + of_rank * 13) % 101 - 50; }

/* `expected` gets what the operation should leave in `theirs`; gives its length. */
static int expect(void (*run)(void), unsigned char *expected) {
  memset(expected, 0, bytes);
  if (run == latency || (run == bandwidth && !is_first())) fill_pattern(expected, bytes, partner);
  if (run == allreduce)
    for (int i = 0; i < bytes / 4; i++) {
      float sum = 0;
      for (int r = 0; r < size; r++) sum += term(i, r);
      memcpy(expected + 4 * i, &sum, 4);
    }
  const int share = bytes / size;
  if (run == gather)
    for (int r = 0; r < size && rank == 0; r++) fill_pattern(expected + r * share, share, r);
  return run != gather ? bytes : rank == 0 ? share * size : 0;
}

static uint32_t crc32(const unsigned char *data, int length) {
  uint32_t crc = ~0u;
  for (int i = 0; i < length; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

/* Elements: floats of an allreduce, else bytes. */
static int count_wrong(const unsigned char *expected, int length, int element) {
  int wrong = 0;
  for (int i = 0; i < length; i += element) wrong += memcmp(theirs + i, expected + i, element) != 0;
  return wrong;
}

static double time_runs(void (*run)(void), int iterations, int warm_up, int messages) {
  for (int i = 0; i < warm_up; i++) run();
  MPI_Barrier(MPI_COMM_WORLD);
  const double started = MPI_Wtime();
  for (int i = 0; i < iterations; i++) run();
  return (MPI_Wtime() - started) * 1e6 / iterations / messages;
}

static void measure(const char *name, void (*run)(void), int messages, int iterations, int warm_up, int rounds) {
  double best[3] = {0};
  mine = malloc(bytes), theirs = calloc(bytes, 1);
  fill_pattern(mine, bytes, rank);
  for (int round = 0; round < rounds; round++) {
    const double time = time_runs(run, iterations, warm_up, messages);
    double times[3];
    MPI_Allreduce(&time, &times[0], 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(&time, &times[1], 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    MPI_Allreduce(&time, &times[2], 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (round == 0 || times[1] < best[1]) memcpy(best, times, sizeof best);
  }
  memset(theirs, 0, bytes);
  if (run == allreduce)
    for (int i = 0; i < bytes / 4; i++) ((float *)theirs)[i] = term(i, rank);
  run();
  unsigned char *expected = malloc(bytes);
  const int length = expect(run, expected);
  int wrong = count_wrong(expected, length, run == allreduce ? 4 : 1), all_wrong;
  MPI_Reduce(&wrong, &all_wrong, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
  uint32_t checksum = crc32(theirs, length), checksums[size];
  MPI_Gather(&checksum, 4, MPI_BYTE, checksums, 4, MPI_BYTE, 0, MPI_COMM_WORLD);
  free(expected), free(mine), free(theirs);
  if (rank != 0) return;
  printf("%s %d %.4f %.4f %.4f %d", name, run == gather ? bytes / size * size : bytes, best[0], best[1] / size, best[2],
         all_wrong);
  for (int r = 0; r < size; r++) printf(" %u", checksums[r]);
  printf("\n");
}

int main(int count, char **arguments) {
  MPI_Init(&count, &arguments);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (count != 6 || size % 2 != 0) {
    if (rank == 0) fprintf(stderr, "usage: on an even number of ranks, mpi MIN_BYTES MAX_BYTES ITERATIONS WARM_UP ROUNDS\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  partner = rank < size / 2 ? rank + size / 2 : rank - size / 2;
  const int from = atoi(arguments[1]), to = atoi(arguments[2]), iterations = atoi(arguments[3]);
  const int warm_up = atoi(arguments[4]), rounds = atoi(arguments[5]);
  const struct { const char *name; void (*run)(void); int messages; } operations[] = {
    {"latency", latency, 2}, {"bandwidth", bandwidth, WINDOW}, {"allreduce", allreduce, 1}, {"gather", gather, 1},
  };
  for (int o = 0; o < 4; o++)
    for (bytes = from; bytes <= to; bytes *= 2)
      if (operations[o].run != gather || bytes >= size)
        measure(operations[o].name, operations[o].run, operations[o].messages, iterations, warm_up, rounds);
  return MPI_Finalize();
}
