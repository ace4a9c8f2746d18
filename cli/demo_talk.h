/* SPDX-License-Identifier: MIT
 *
 * Small servers and clients for the demo, where no common program does the job. A server runs in a
 * process of its own and never returns. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define JJ_DEMO_SSH_PORT  22
#define JJ_DEMO_BULK_PORT 5001
#define JJ_DEMO_WEB_PORT  80
#define JJ_DEMO_TLS_PORT  443
#define JJ_DEMO_DNS_PORT  53

_Noreturn void jj_demo_ssh_server(void);  /* greets, reads the greeting, hangs up */
_Noreturn void jj_demo_bulk_server(void); /* swallows what comes */
_Noreturn void jj_demo_web_server(void);  /* one page for everyone */
_Noreturn void jj_demo_dns_server(void);  /* every name has the address of the server */

bool jj_demo_ssh_client(const char *address);
bool jj_demo_bulk_client(const char *address, uint64_t bytes);

/* Does somebody listen? Leaves nothing behind. */
bool jj_demo_listens(const char *address, uint16_t port);
