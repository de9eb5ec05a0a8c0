/* SPDX-License-Identifier: MIT */
/* Windows has no fork(). */
#include "seam.h"

bool weft_seam_process_forked(void)
{
    return false;
}
