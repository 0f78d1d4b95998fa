/*
 * attach.h - one more person at the prompt of a machine that runs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

#include "plat/err.h"

/*
 * Start a thread of the shell that talks in a session (prim/session.h).
 *
 * Any thread that is no worker. Returns OK; ERR_NOT_FOUND: no shell lives here; ERR_UNSUPPORTED:
 * nothing runs; ERR_VERSION: the class library knows of no sessions; ERR_NOMEM, ERR_NOSPACE.
 */
must_use err_t vm_attach(uint32_t session);
