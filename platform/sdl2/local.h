/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SDL2_LOCAL_H
#define WEFT_SDL2_LOCAL_H

/* What threads of this backend do last: local.c runs the destructors of the calling
 * thread's values. */
void weft__local_end(void);

#endif
