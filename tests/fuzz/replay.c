/* SPDX-License-Identifier: MIT */
/*
 * Inputs for a fuzzer where there is no libFuzzer.
 *
 *     fuzz_queue FILE...              these inputs
 *     fuzz_queue --random MS [FIRST]  pseudo-random ones for so long, the same each time
 *
 * Both may be given: files come first. Says which random input a failure belongs to, and
 * leaves it in <name>.crash.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "weft/time.h"

enum { MOST = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t current[MOST];
static size_t current_size;
static const char *current_name; /* a file's, or the number of a random input */

static void keep_input(int signal_number)
{
    char name[64];
    FILE *file;

    (void)signal_number;
    snprintf(name, sizeof(name), "%s.crash", fuzz_name);
    fprintf(stderr, "%s: input %s, kept as %s\n", fuzz_name, current_name, name);
    file = fopen(name, "wb");
    if (file) {
        fwrite(current, 1, current_size, file);
        fclose(file);
    }
}

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        fprintf(stderr, "%s: cannot open %s\n", fuzz_name, path);
        return 1;
    }
    current_size = fread(current, 1, MOST, file);
    current_name = path;
    fclose(file);
    LLVMFuzzerTestOneInput(current, current_size);
    return 0;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* Marsaglia's xorshift64 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Each number is one input. Small values are likelier: they are what operations are made of. */
static void make_input(uint64_t number)
{
    uint64_t state = number * 0x9E3779B97F4A7C15u;
    unsigned mask;

    next_random(&state);
    current_size = next_random(&state) % (number % 8 == 0 ? MOST : 200);
    mask = (0xFFu >> (next_random(&state) % 5)) | 0x0Fu;
    for (size_t i = 0; i < current_size; i++)
        current[i] = (uint8_t)(next_random(&state) & (i % 3 == 0 ? 0xFF : mask));
}

static void run_random(weft_time duration, uint64_t first)
{
    weft_time until = weft_in(duration);
    uint64_t number = first;
    char name[32];

    current_name = name;
    do {
        snprintf(name, sizeof(name), "--random %llu", (unsigned long long)number);
        make_input(number++);
        LLVMFuzzerTestOneInput(current, current_size);
    } while (weft_clock() < until);
    printf("%s: %llu random inputs\n", fuzz_name, (unsigned long long)(number - first));
}

int main(int argc, char **argv)
{
    int files = 0;
    int err = 0;

    signal(SIGABRT, keep_input);
    signal(SIGSEGV, keep_input);
    while (files + 1 < argc && strcmp(argv[files + 1], "--random") != 0 && err == 0)
        err = replay(argv[++files]);
    if (err == 0)
        printf("%s: %d files\n", fuzz_name, files);
    if (err == 0 && files + 2 < argc)
        run_random(WEFT_MS(strtoll(argv[files + 2], NULL, 10)),
                   files + 3 < argc ? strtoull(argv[files + 3], NULL, 10) : 1);
    return err;
}
