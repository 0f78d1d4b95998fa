/*
 * machine_log.h - what the command line decides about the log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plat/machine.h"

/* The least important lines that plat_log shows; LOG_INFO at the start. */
extern enum log_level machine_log_level;
