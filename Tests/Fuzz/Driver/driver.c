// The functions that libFuzzer calls, for the reader that PINION_READER names. Without libFuzzer,
// whose main takes precedence, the program reads the files that it is given.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void pinion_fuzz_write_seeds(const char *folder);
void pinion_fuzz_read(const uint8_t *bytes, size_t count);
size_t pinion_fuzz_mutate(
    uint8_t *bytes, size_t count, size_t limit, unsigned seed,
    size_t (*mutate)(uint8_t *, size_t, size_t));

__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t limit);

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t limit, unsigned seed);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  const char *folder = getenv("PINION_SEEDS");
  if (folder) {
    pinion_fuzz_write_seeds(folder);
    exit(0);
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  pinion_fuzz_read(bytes, count);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t limit, unsigned seed) {
  return pinion_fuzz_mutate(bytes, count, limit, seed, LLVMFuzzerMutate);
}

__attribute__((weak)) int main(int count, char **arguments) {
  LLVMFuzzerInitialize(&count, &arguments);
  for (int index = 1; index < count; index++) {
    FILE *file = fopen(arguments[index], "rb");
    if (!file) {
      perror(arguments[index]);
      return 1;
    }
    static uint8_t bytes[1 << 22];
    LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, file));
    fclose(file);
  }
}
