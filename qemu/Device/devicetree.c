/*
 * The device's node in the device tree that the machine hands to the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "sysemu/device_tree.h"

bool lauberhorn_add_device_tree_node(LauberhornState *s, Error **errp)
{
    void *fdt = current_machine->fdt;
    static const char names[] = "lines\0registers";
    g_autofree char *node = g_strdup_printf("/lauberhorn@%" PRIx64,
                                            s->lines_base);

    if (!fdt) {
        error_setg(errp, "machine '%s' makes no device tree: use -M virt",
                   MACHINE_GET_CLASS(current_machine)->name);
        return false;
    }
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "ethz,lauberhorn-1");
    /* The root of `virt` has two cells for an address and two for a size. */
    qemu_fdt_setprop_sized_cells(fdt, node, "reg",
                                 2, s->lines_base, 2, LAUBERHORN_LINES_BYTES,
                                 2, s->registers_base,
                                 2, LAUBERHORN_REGISTERS_BYTES);
    qemu_fdt_setprop(fdt, node, "reg-names", names, sizeof(names));
    qemu_fdt_setprop(fdt, node, "local-mac-address", s->nic_conf.macaddr.a,
                     sizeof(s->nic_conf.macaddr.a));
    qemu_fdt_setprop_cell(fdt, node, "ethz,core-count",
                          s->configuration.core_count);
    qemu_fdt_setprop_cell(fdt, node, "ethz,worker-interrupt",
                          LAUBERHORN_WORKER_SGI);
    qemu_fdt_setprop_cell(fdt, node, "ethz,bypass-interrupt",
                          LAUBERHORN_BYPASS_SGI);
    return true;
}
