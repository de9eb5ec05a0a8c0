/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_LINE_H
#define WEFT_BENCH_LINE_H

#include "measure.h"

/* Sets state, text and fields of the sample. False: it is not such a line. */
bool line_read(const char *line, struct sample *sample);

#endif
