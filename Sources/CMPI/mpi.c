#include "pinion_mpi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// The constants are those of the implementations' headers; the standard's fix neither their values
// nor their types before MPI 5.
enum abi { NONE, OPEN_MPI, MPICH, MPI_5 };

static enum abi abi = NONE;
static char error_text[512];

// Handles of Open MPI and MPI 5 are pointers, those of MPICH integers.
static void *byte_pointer, *world_pointer;
enum { mpich_byte = 0x4c00010d, mpich_world = 0x44000000 };

static int (*init_thread)(int *, char ***, int, int *);
static int (*finalize)(void);
static int (*library_version)(char *, int *);
static void *rank_of, *size_of, *abort_all, *isend, *irecv, *test;

typedef int comm_int_p(void *, int *);
typedef int comm_int_i(int, int *);
typedef int abort_p(void *, int);
typedef int abort_i(int, int);
typedef int send_p(const void *, int, void *, int, int, void *, void **);
typedef int send_i(const void *, int, int, int, int, int, int *);
typedef int receive_p(void *, int, void *, int, int, void *, void **);
typedef int receive_i(void *, int, int, int, int, int, int *);
typedef int test_p(void **, int *, void *);
typedef int test_i(int *, int *, void *);

const char *pinion_mpi_error(void) { return error_text; }

static int fail(const char *what, int code) {
  snprintf(error_text, sizeof error_text, "%s returned the error %d", what, code);
  return 1;
}

static void *find(void *library, const char *name) {
  void *symbol = dlsym(library, name);
  if (!symbol && !error_text[0])
    snprintf(error_text, sizeof error_text, "the library has no function %s", name);
  return symbol;
}

int pinion_mpi_open(const char *name) {
  error_text[0] = 0;
  // Global: Open MPI's plugins look for its symbols.
  void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    snprintf(error_text, sizeof error_text, "%s", dlerror());
    return 1;
  }
  *(void **)&init_thread = find(library, "MPI_Init_thread");
  *(void **)&finalize = find(library, "MPI_Finalize");
  *(void **)&library_version = find(library, "MPI_Get_library_version");
  rank_of = find(library, "MPI_Comm_rank");
  size_of = find(library, "MPI_Comm_size");
  abort_all = find(library, "MPI_Abort");
  isend = find(library, "MPI_Isend");
  irecv = find(library, "MPI_Irecv");
  test = find(library, "MPI_Test");
  if (error_text[0]) return 1;
  if ((world_pointer = dlsym(library, "ompi_mpi_comm_world"))) {
    byte_pointer = find(library, "ompi_mpi_byte");
    abi = OPEN_MPI;
    return byte_pointer ? 0 : 1;
  }
  int major = 0, minor = 0;
  int (*abi_version)(int *, int *) = NULL;
  *(void **)&abi_version = dlsym(library, "MPI_Abi_get_version");
  if (abi_version && abi_version(&major, &minor) == 0 && major >= 1) {
    abi = MPI_5;
    world_pointer = (void *)0x101;
    byte_pointer = (void *)0x247;
  } else {
    abi = MPICH;
  }
  return 0;
}

int pinion_mpi_start(int *rank, int *size) {
  error_text[0] = 0;
  int serialized = abi == MPI_5 ? 2048 : 2, provided = 0;
  int code = init_thread(NULL, NULL, serialized, &provided);
  if (code) return fail("MPI_Init_thread", code);
  if (provided < serialized) {
    snprintf(error_text, sizeof error_text, "the library takes calls of its main thread only");
    return 1;
  }
  if (abi == MPICH) {
    code = ((comm_int_i *)rank_of)(mpich_world, rank);
    if (!code) code = ((comm_int_i *)size_of)(mpich_world, size);
  } else {
    code = ((comm_int_p *)rank_of)(world_pointer, rank);
    if (!code) code = ((comm_int_p *)size_of)(world_pointer, size);
  }
  return code ? fail("MPI_Comm_rank or MPI_Comm_size", code) : 0;
}

int pinion_mpi_finish(void) {
  int code = finalize();
  return code ? fail("MPI_Finalize", code) : 0;
}

void pinion_mpi_abort(int status) {
  if (abi == MPICH)
    ((abort_i *)abort_all)(mpich_world, status);
  else
    ((abort_p *)abort_all)(world_pointer, status);
}

int pinion_mpi_describe(char *text, size_t size) {
  // The largest MPI_MAX_LIBRARY_VERSION_STRING of an implementation.
  static char buffer[8192 + 1];
  int length = 0;
  int code = library_version(buffer, &length);
  if (code) return fail("MPI_Get_library_version", code);
  snprintf(text, size, "%s", buffer);
  text[strcspn(text, "\n")] = 0;
  return 0;
}

int pinion_mpi_send(const void *bytes, int count, int rank, int tag, pinion_mpi_request *request) {
  int code = abi == MPICH
                 ? ((send_i *)isend)(
                       bytes, count, mpich_byte, rank, tag, mpich_world, (int *)&request->handle)
                 : ((send_p *)isend)(
                       bytes, count, byte_pointer, rank, tag, world_pointer, &request->handle);
  return code ? fail("MPI_Isend", code) : 0;
}

int pinion_mpi_receive(void *bytes, int count, int rank, int tag, pinion_mpi_request *request) {
  int code = abi == MPICH
                 ? ((receive_i *)irecv)(
                       bytes, count, mpich_byte, rank, tag, mpich_world, (int *)&request->handle)
                 : ((receive_p *)irecv)(
                       bytes, count, byte_pointer, rank, tag, world_pointer, &request->handle);
  return code ? fail("MPI_Irecv", code) : 0;
}

int pinion_mpi_test(pinion_mpi_request *request, int *is_done) {
  // At least as large as any implementation's MPI_Status; MPI_STATUS_IGNORE differs among them.
  _Alignas(16) char status[128];
  int code = abi == MPICH ? ((test_i *)test)((int *)&request->handle, is_done, status)
                          : ((test_p *)test)(&request->handle, is_done, status);
  return code ? fail("MPI_Test", code) : 0;
}
