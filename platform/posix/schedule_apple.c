/* SPDX-License-Identifier: MIT */
/* macOS schedules by quality of service: what the work is for. It lets nobody choose CPUs. */
#include <pthread.h>
#include <pthread/qos.h>

#include "internal.h"
#include "seam.h"

int weft_seam_thread_priority(enum weft_priority priority)
{
    qos_class_t class = priority > WEFT_NORMAL   ? QOS_CLASS_USER_INTERACTIVE
                        : priority < WEFT_NORMAL ? QOS_CLASS_UTILITY
                                                 : QOS_CLASS_DEFAULT;
    int error = pthread_set_qos_class_self_np(class, 0);

    if (error != 0)
        return weft__fail_system(error, "thread priority: quality of service not set");
    return 0;
}

int weft_seam_thread_affinity(const unsigned *cpus, size_t count)
{
    (void)count;
    return weft__fail(WEFT_ENOTSUP, "thread affinity: macOS cannot choose CPU %u", cpus[0]);
}
