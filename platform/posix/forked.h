/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_FORKED_H
#define WEFT_POSIX_FORKED_H

/* From now on weft_seam_process_forked() is true in processes that are forked off this one.
 * Called by whoever makes this one a process of weft's, any number of times. */
void weft__watch_forks(void);

#endif
