/* SPDX-License-Identifier: MIT */
/*
 * CPUs on Linux: the affinity mask, and the CPU quota of the cgroup (version 2, then
 * version 1) and of every cgroup above it: the least counts.
 */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seam.h"

enum { PATH_SIZE = 512 };

static unsigned allowed_by_affinity(void)
{
    cpu_set_t mask;
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
        return (unsigned)CPU_COUNT(&mask);
    return online > 0 ? (unsigned)online : 1; /* more CPUs than the mask has bits */
}

/* The first line of a file, or false. */
static bool read_line(const char *folder, const char *name, char *line, size_t size)
{
    char path[PATH_SIZE + 64];
    FILE *file;
    bool got;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (!file)
        return false;
    got = fgets(line, (int)size, file) != NULL;
    fclose(file);
    return got;
}

/* CPUs that one cgroup's folder pays for, rounded up; UINT_MAX: no limit. */
static unsigned paid_by(const char *folder)
{
    char line[64], period_line[64];
    long long quota = -1, period = 0;

    if (read_line(folder, "cpu.max", line, sizeof(line))) {
        if (sscanf(line, "%lld %lld", &quota, &period) != 2)
            return UINT_MAX; /* "max 100000" */
    } else if (read_line(folder, "cpu.cfs_quota_us", line, sizeof(line)) &&
               read_line(folder, "cpu.cfs_period_us", period_line, sizeof(period_line))) {
        quota = atoll(line);
        period = atoll(period_line);
    }
    if (quota <= 0 || period <= 0)
        return UINT_MAX;
    return (unsigned)((quota + period - 1) / period);
}

/* The least of a cgroup and all above it, up to the mount point. */
static unsigned paid_along(const char *mount, const char *group)
{
    char path[PATH_SIZE];
    size_t root = strlen(mount);
    unsigned least = UINT_MAX;

    snprintf(path, sizeof(path), "%s%s", mount, group);
    for (;;) {
        unsigned paid = paid_by(path);
        char *slash = strrchr(path, '/');

        if (paid < least)
            least = paid;
        if (!slash || (size_t)(slash - path) < root)
            return least;
        *slash = '\0';
    }
}

/* Lines of /proc/self/cgroup: "0::/group", or "4:cpu,cpuacct:/group". */
static unsigned paid_by_cgroups(void)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[PATH_SIZE];
    unsigned least = UINT_MAX;

    while (file && fgets(line, sizeof(line), file)) {
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        unsigned paid = UINT_MAX;

        if (!group)
            continue;
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        if (controllers[1] == '\0')
            paid = paid_along("/sys/fs/cgroup", group);
        else if (strstr(controllers, ":cpu,") || strcmp(controllers, ":cpu") == 0)
            paid = paid_along("/sys/fs/cgroup/cpu", group);
        if (paid < least)
            least = paid;
    }
    if (file)
        fclose(file);
    return least;
}

unsigned weft_seam_cpu_count(void)
{
    unsigned allowed = allowed_by_affinity();
    unsigned paid = paid_by_cgroups();
    unsigned count = paid < allowed ? paid : allowed;

    return count > 0 ? count : 1;
}
