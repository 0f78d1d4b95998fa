/*
 * compile_priv.h - the compile service, as the console starts and stops it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Before any thread runs. */
void compile_start(void);

/* When no thread runs any more. The caller is no worker. */
void compile_stop(void);
