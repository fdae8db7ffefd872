/*
 * The QOM device: properties, realize, reset.
 *
 * A plain device, not one of the system bus: the `virt` machine accepts only
 * the system-bus devices on its list. It maps its windows itself, at fixed
 * addresses, as the FPGA's are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/qdev-properties.h"
#include "internals.h"
#include "migration/vmstate.h"
#include "net/eth.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/range.h"
#include "sysemu/cpu-timers.h"
#include "sysemu/reset.h"
#include "sysemu/tcg.h"

/* Checks of the machine and of the properties: each says what to change. */

static bool find_machine_parts(LauberhornState *s, Error **errp)
{
    bool ambiguous = false;
    Object *gic;

    if (!tcg_enabled()) {
        error_setg(errp, "held loads need '-accel tcg'");
        return false;
    }
    object_resolve_path_type("", TYPE_LAUBERHORN, &ambiguous);
    if (ambiguous) {
        error_setg(errp, "there is one lauberhorn device in a machine at most");
        return false;
    }
    gic = object_resolve_path_type("", TYPE_ARM_GICV3_COMMON, NULL);
    if (!gic) {
        error_setg(errp, "the machine has no GICv3: use "
                   "'-M virt,gic-version=3'");
        return false;
    }
    s->gic = ARM_GICV3_COMMON(gic);
    return true;
}

static bool check_window(const char *property, uint64_t base, uint64_t bytes,
                         Error **errp)
{
    unsigned int bits = arm_pamax(ARM_CPU(first_cpu));
    MemoryRegionSection other;

    if (base % bytes != 0) {
        error_setg(errp, "%s=0x%" PRIx64 " is not a multiple of 0x%" PRIx64,
                   property, base, bytes);
        return false;
    }
    if (base >> bits != 0) {
        error_setg(errp, "%s=0x%" PRIx64 " is beyond the %u bits of this "
                   "core's physical addresses: use '-cpu cortex-a57'",
                   property, base, bits);
        return false;
    }
    other = memory_region_find(get_system_memory(), base, bytes);
    if (other.mr) {
        error_setg(errp, "%s=0x%" PRIx64 ": '%s' is at 0x%" HWADDR_PRIx,
                   property, base, memory_region_name(other.mr),
                   other.offset_within_address_space);
        memory_region_unref(other.mr);
        return false;
    }
    return true;
}

static bool fill_configuration(LauberhornState *s, Error **errp)
{
    unsigned int cores = current_machine->smp.max_cpus;
    struct in_addr address;
    uint64_t ethernet_address = 0;

    if (inet_pton(AF_INET, s->address, &address) != 1) {
        error_setg(errp, "address=%s is no IPv4 address such as 10.0.2.15",
                   s->address);
        return false;
    }
    for (size_t i = 0; i < ETH_ALEN; i++) {
        ethernet_address = ethernet_address << 8 | s->nic_conf.macaddr.a[i];
    }
    s->configuration = (LauberhornConfiguration) {
        .core_count = cores,
        .endpoint_count = s->endpoints,
        .process_count = s->processes,
        .service_count = s->services,
        .stall_limit_nanoseconds = s->stall_limit,
        .ethernet_address = ethernet_address,
        .internet_address = ntohl(address.s_addr),
    };
    s->model = lauberhorn_model_create(&s->configuration);
    if (!s->model) {
        error_setg(errp, "the model refuses cores=%u, endpoints=%u, "
                   "processes=%u, services=%" PRIu32 ", stall-limit=%" PRIu64,
                   cores, s->endpoints, s->processes, s->services,
                   s->stall_limit);
        return false;
    }
    return true;
}

/* Back to power-on; the vCPUs are stopped. */
static void reset(void *opaque)
{
    LauberhornState *s = opaque;

    lauberhorn_reset_outputs(s);
    if (s->lockstep) {
        lauberhorn_reset_lockstep(s);
    }
    lauberhorn_model_destroy(s->model);
    s->model = lauberhorn_model_create(&s->configuration);
    if (!s->model) {
        error_report("lauberhorn: cannot create the model again");
        exit(1);
    }
    s->violations = 0;
    memset(lauberhorn_counts, 0, sizeof(lauberhorn_counts));
}

static void realize(DeviceState *dev, Error **errp)
{
    LauberhornState *s = LAUBERHORN(dev);

    if (s->lockstep && !icount_enabled()) {
        error_setg(errp, "lockstep=on needs '-icount', such as "
                   "'-icount shift=0,sleep=off'");
        return;
    }
    if (!find_machine_parts(s, errp)
        || !check_window("lines-base", s->lines_base, LAUBERHORN_LINES_BYTES,
                         errp)
        || !check_window("registers-base", s->registers_base,
                         LAUBERHORN_REGISTERS_BYTES, errp)) {
        return;
    }
    if (ranges_overlap(s->lines_base, LAUBERHORN_LINES_BYTES,
                       s->registers_base, LAUBERHORN_REGISTERS_BYTES)) {
        error_setg(errp, "registers-base lies in the line window");
        return;
    }
    qemu_macaddr_default_if_unset(&s->nic_conf.macaddr);
    if (!fill_configuration(s, errp)) {
        return;
    }
    if (!lauberhorn_open_records(s, errp)
        || !lauberhorn_add_device_tree_node(s, errp)) {
        lauberhorn_close_records(s);
        lauberhorn_model_destroy(s->model);
        return;
    }

    lauberhorn_init_outputs(s);
    lauberhorn_init_network(s);
    if (s->lockstep) {
        lauberhorn_init_lockstep(s);
    }
    lauberhorn_init_windows(s);
    memory_region_add_subregion(get_system_memory(), s->lines_base, &s->lines);
    memory_region_add_subregion(get_system_memory(), s->registers_base,
                                &s->registers);
    /* A device on no bus is reset by nobody else. */
    qemu_register_reset(reset, s);
}

static void unrealize(DeviceState *dev)
{
    LauberhornState *s = LAUBERHORN(dev);

    qemu_unregister_reset(reset, s);
    memory_region_del_subregion(get_system_memory(), &s->registers);
    memory_region_del_subregion(get_system_memory(), &s->lines);
    if (s->lockstep) {
        lauberhorn_exit_lockstep(s);
    }
    lauberhorn_exit_network(s);
    lauberhorn_reset_outputs(s);
    lauberhorn_close_records(s);
    lauberhorn_model_destroy(s->model);
}

/* The NIC's counters, to read with `qom-get` under their own names. */

static void get_counter(Object *obj, Visitor *visitor, const char *name,
                        void *opaque, Error **errp)
{
    LauberhornState *s = LAUBERHORN(obj);
    uint64_t value = s->model
        ? lauberhorn_model_counter(s->model, GPOINTER_TO_UINT(opaque)) : 0;

    visit_type_uint64(visitor, name, &value, errp);
}

static void instance_init(Object *obj)
{
    LauberhornState *s = LAUBERHORN(obj);
    const char *name;

    s->address = g_strdup("10.0.2.15");
    object_property_add_uint64_ptr(obj, "violations", &s->violations,
                                   OBJ_PROP_FLAG_READ);
    for (unsigned int i = 0; (name = lauberhorn_model_counter_name(i)); i++) {
        g_autofree char *property = g_strdup_printf("counter-%s", name);

        object_property_add(obj, property, "uint64", get_counter, NULL, NULL,
                            GUINT_TO_POINTER(i));
    }
}

static Property properties[] = {
    DEFINE_NIC_PROPERTIES(LauberhornState, nic_conf),
    DEFINE_PROP_STRING("address", LauberhornState, address),
    DEFINE_PROP_UINT16("endpoints", LauberhornState, endpoints, 256),
    DEFINE_PROP_UINT16("processes", LauberhornState, processes, 65),
    DEFINE_PROP_UINT32("services", LauberhornState, services, 2048),
    DEFINE_PROP_UINT64("stall-limit", LauberhornState, stall_limit,
                       15 * SCALE_MS),
    DEFINE_PROP_UINT64("lines-base", LauberhornState, lines_base,
                       LAUBERHORN_LINES_BASE),
    DEFINE_PROP_UINT64("registers-base", LauberhornState, registers_base,
                       LAUBERHORN_REGISTERS_BASE),
    DEFINE_PROP_STRING("calls", LauberhornState, calls_path),
    DEFINE_PROP_BOOL("lockstep", LauberhornState, lockstep, false),
    DEFINE_PROP_END_OF_LIST(),
};

static const struct {
    const char *name;
    const char *description;
} descriptions[] = {
    { "address", "IPv4 address that the NIC answers to" },
    { "endpoints", "endpoints that the FPGA has room for" },
    { "processes", "processes that it has room for, the kernel's included" },
    { "services", "services that it has room for" },
    { "stall-limit", "nanoseconds that a load is held before TRYAGAIN" },
    { "lines-base", "physical address of the line window" },
    { "registers-base", "physical address of the registers" },
    { "calls", "file to write a line to for each call that ended" },
    { "lockstep", "frames wait until all cores are halted (with -icount)" },
};

/* The model keeps its state to itself, so there is nothing to migrate. */
static const VMStateDescription vmstate = {
    .name = TYPE_LAUBERHORN,
    .unmigratable = 1,
};

static void class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->desc = "LAUBERHORN, the FPGA NIC that hands RPCs to waiting cores";
    dc->realize = realize;
    dc->unrealize = unrealize;
    dc->vmsd = &vmstate;
    dc->user_creatable = true;
    /* The kernel learns of it from the device tree, once. */
    dc->hotpluggable = false;
    device_class_set_props(dc, properties);
    for (size_t i = 0; i < ARRAY_SIZE(descriptions); i++) {
        object_class_property_set_description(class, descriptions[i].name,
                                              descriptions[i].description);
    }
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo lauberhorn_info = {
    .name = TYPE_LAUBERHORN,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(LauberhornState),
    .instance_init = instance_init,
    .class_init = class_init,
};

void lauberhorn_register_type(void)
{
    type_register_static(&lauberhorn_info);
}
