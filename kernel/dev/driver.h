/*
 * driver.h - the skeleton of a driver, and how drivers meet their devices.
 * README.md says how one is written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

#include "dev/pci.h"
#include "plat/err.h"

struct driver_match {
    uint16_t vendor_id, device_id;
};

/*
 * One kind of device.
 *
 *   name     for messages
 *   matches  the ids it drives, ending in { 0, 0 }
 *   attach   called once for each device that is found, in a thread, one after
 *            the other. `device` stays valid for ever. On failure it has said
 *            why, and has left the device silent.
 */
struct driver {
    const char *name;
    const struct driver_match *matches;
    err_t (*attach)(struct pci_device *device);
};

/*
 * Walk the PCI busses, give addresses to regions that have none, and attach
 * drivers. A device that is refused is one line in the log. Called once, in a
 * thread, when interrupts and the clock run.
 */
void drivers_start(void);
