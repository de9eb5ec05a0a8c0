/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WIDE_H
#define WEFT_WIDE_H

/* Between weft's UTF-8 and the UTF-16 that Windows speaks. */

#include <wchar.h>

/* A copy from weft_alloc(); what is not valid becomes U+FFFD. NULL: out of memory,
 * and weft_last_error() says so. */
wchar_t *weft__wide(const char *utf8);
char *weft__utf8(const wchar_t *wide);

#endif
