/*
 * driver.c - which drivers there are, and which device gets which.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/driver.h"

#include <stddef.h>

#include "dev/virtio_blk.h"
#include "dev/virtio_rng.h"

#define LOG_MODULE "driver"
#include "base/log.h"

static const struct driver *const drivers[] = {
    &virtio_blk_driver,
    &virtio_rng_driver,
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

static const struct driver *
driver_of(const struct pci_device *device)
{
    for (size_t i = 0; i < DRIVERS; i++) {
        for (const struct driver_match *match = drivers[i]->matches; match->vendor_id; match++) {
            if (match->vendor_id == device->vendor_id && match->device_id == device->device_id)
                return drivers[i];
        }
    }
    return NULL;
}

static void
attach(const struct driver *driver, struct pci_device *device)
{
    err_t err = pci_regions_assign(device);

    if (err == OK)
        err = driver->attach(device);
    if (err == OK) {
        log_debug("%s: %s", device->name, driver->name);
        return;
    }
    pci_disable(device);
    log_warn("%s: %s is not used: %s", device->name, driver->name, err_text(err));
}

void
drivers_start(void)
{
    pci_scan();
    for (unsigned i = 0; pci_find(i); i++) {
        const struct driver *driver = driver_of(pci_find(i));

        if (driver)
            attach(driver, pci_find(i));
    }
}
