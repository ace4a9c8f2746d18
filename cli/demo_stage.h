/* SPDX-License-Identifier: MIT
 *
 * The stage of the demo: two network namespaces joined by a cable, servers in the one, clients in
 * the other. This process moves into the namespace of the servers. Nothing has a name in the system
 * and every process dies with its parent, so whatever happens nothing stays behind. */
#pragma once
#include <sys/types.h>

#include "jj/error.h"

#define JJ_DEMO_INTERFACE "cable0" /* the servers' end */

struct jj_stage {
    pid_t director; /* the process that runs servers and clients */
    int orders;     /* to it */
    int answers;    /* from it */
};

/* Returns when all servers are reachable. */
int jj_stage_open(struct jj_stage *stage, struct jj_error *err);

/* Lets the clients loose. */
void jj_stage_play(struct jj_stage *stage);

/* Returns when they are done, or the director died. May run in another thread than the rest. */
void jj_stage_wait(struct jj_stage *stage);

/* Ends the director, whatever it is doing. */
void jj_stage_stop(struct jj_stage *stage);

/* When nobody waits any more. */
void jj_stage_close(struct jj_stage *stage);
