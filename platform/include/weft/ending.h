/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ENDING_H
#define WEFT_ENDING_H

/* What becomes of the work that waits when something is shut down. */
enum weft_ending {
    WEFT_DRAIN,  /* it is still done */
    WEFT_DISCARD /* it is thrown away, or cancelled */
};

#endif
