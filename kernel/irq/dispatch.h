/*
 * dispatch.h - from a vector to the device's function.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Call what is attached to a vector; nothing if nothing is. In interrupts. */
void irq_dispatch(unsigned vector);
