/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_END_H
#define WEFT_HTTP_END_H

/* The end of the HTTP client's thread. */

#include <weft/time.h>

/* Ends all fetches (WEFT_ECANCELED) and the thread, and closes its connections; the next fetch
 * starts another. For the end of the program, and for tests. */
int weft__http_end(weft_time until);

#endif
