/* SPDX-License-Identifier: MIT
 *
 * A file written in big pieces: what is rendered gathers in one buffer that grows to the longest
 * row. Owned by one sink, used on its thread. A failure names the file and the rows that were
 * written whole before it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "jj/error.h"

#define JJ_OUTPUT_PIECE (256u << 10) /* written out when this much has gathered */

struct jj_output {
    char *data;
    size_t used, capacity;
    uint64_t rows; /* rendered; the user counts them */
    uint64_t rows_safe;
    int fd;
    char *name;
};

/* `where` is a path or "-" for standard output; an existing file is emptied. */
int jj_output_open(struct jj_output *output, const char *where, struct jj_error *err);

/* Makes at least `size` bytes free behind data + used. Returns 0 or -ENOMEM. */
int jj_output_room(struct jj_output *output, size_t size);

/* Writes all of the buffer. To be called between rows. */
int jj_output_flush(struct jj_output *output, struct jj_error *err);

/* Frees everything; does not flush. Also for an output that was only zeroed. */
int jj_output_close(struct jj_output *output, struct jj_error *err);
