/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POLLER_READY_H
#define WEFT_POLLER_READY_H

#include <stdbool.h>

/* Whether poll() tells one of the events, or an error, of the descriptor now. */
bool weft__descriptor_is_ready(int descriptor, short events);

#endif
