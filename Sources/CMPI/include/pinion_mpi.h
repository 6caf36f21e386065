#ifndef PINION_MPI_H
#define PINION_MPI_H

#include <stddef.h>

// The few calls of MPI that Pinion needs, of a library that is opened at run time: no program needs
// MPI to be built, or to run without it. Open MPI, MPICH (and the implementations with its ABI) and
// the ABI of MPI 5 represent handles differently, which this hides.
//
// All functions return 0, or an error whose text pinion_mpi_error() returns.

// A message under way.
typedef struct {
  void *handle;
} pinion_mpi_request;

// Opens a library, by name or path.
int pinion_mpi_open(const char *library);

// Starts MPI. Calls may come from any thread, one at a time.
int pinion_mpi_start(int *rank, int *size);

int pinion_mpi_finish(void);

// Ends the processes of all ranks.
void pinion_mpi_abort(int status);

// The name and version of the library, truncated to `size` bytes.
int pinion_mpi_describe(char *text, size_t size);

// Begins to send, or to receive, bytes.
int pinion_mpi_send(const void *bytes, int count, int rank, int tag, pinion_mpi_request *request);
int pinion_mpi_receive(void *bytes, int count, int rank, int tag, pinion_mpi_request *request);

// Sets `is_done` if the message has been sent or received; its request is then invalid.
int pinion_mpi_test(pinion_mpi_request *request, int *is_done);

const char *pinion_mpi_error(void);

#endif
