/* SPDX-License-Identifier: MIT */
/* Asks the system about the machine, by uname() and /proc. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static void read_processor(char *text, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    snprintf(text, size, "unknown");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(text, size, "%s", value + 1 + strspn(value + 1, " "));
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

void machine_read(struct machine *machine)
{
    struct utsname name;
    time_t today = time(NULL);
    struct tm parts;

    memset(machine, 0, sizeof(*machine));
    if (uname(&name) == 0)
        snprintf(machine->system, sizeof(machine->system), "%.60s %.60s %.60s", name.sysname,
                 name.release, name.machine);
    read_processor(machine->processor, sizeof(machine->processor));
#ifdef __clang__
    snprintf(machine->compiler, sizeof(machine->compiler), "%s", __VERSION__);
#else
    snprintf(machine->compiler, sizeof(machine->compiler), "GCC %s", __VERSION__);
#endif
    machine->cpus = cpu_count();
    machine->memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / (1 << 30);
    if (gmtime_r(&today, &parts) != NULL)
        strftime(machine->date, sizeof(machine->date), "%Y-%m-%dT%H:%M:%SZ", &parts);
}

double machine_busy(void)
{
    FILE *file = fopen("/proc/stat", "r");
    unsigned long long user, nice, system, idle, wait, irq, softirq, steal, busy = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
               &wait, &irq, &softirq, &steal) == 8)
        busy = user + nice + system + irq + softirq + steal;
    fclose(file);
    return (double)busy / (double)sysconf(_SC_CLK_TCK);
}
