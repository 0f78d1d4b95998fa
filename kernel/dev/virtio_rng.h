/*
 * virtio_rng.h - the driver of virtio random number devices, for the table of drivers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "dev/driver.h"

extern const struct driver virtio_rng_driver;
