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

static bool parse_interrupt_order(LauberhornState *s, Error **errp)
{
    static const char *const names[] = {
        [LAUBERHORN_INTERRUPT_FIRST] = "interrupt-first",
        [LAUBERHORN_ANSWER_FIRST] = "answer-first",
        [LAUBERHORN_INTERRUPT_ORDER_RANDOM] = "random",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(s->interrupt_order, names[i]) == 0) {
            s->faults.interrupt_order = i;
            return true;
        }
    }
    error_setg(errp, "interrupt-order=%s: one of interrupt-first, "
               "answer-first, random expected", s->interrupt_order);
    return false;
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
        .faults = s->faults,
        .traced = s->trace_path != NULL,
        .held_loads = s->held_loads,
        .colours = s->colours,
        .answers_during_fetch = s->answers_during_fetch,
    };
    s->model = lauberhorn_model_create(&s->configuration);
    if (!s->model) {
        const uint8_t *mac = s->nic_conf.macaddr.a;
        error_setg(errp, "the model refuses cores=%u, endpoints=%u, "
                   "processes=%u, services=%" PRIu32 ", stall-limit=%" PRIu64
                   ", held-loads=%u, line-latency=%" PRIu64 " (at most 1 s), "
                   "address=%s or mac=%02x:%02x:%02x:%02x:%02x:%02x (which "
                   "must be of one host, no group), or a probability above "
                   "1000000", cores, s->endpoints,
                   s->processes, s->services, s->stall_limit, s->held_loads,
                   s->faults.line_latency_nanoseconds, s->address,
                   mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
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
    lauberhorn_reset_barriers();
    /* Nothing is asked for yet, but frames may be to come. */
    lauberhorn_run_outputs(s);
}

static void realize(DeviceState *dev, Error **errp)
{
    LauberhornState *s = LAUBERHORN(dev);

    if (s->lockstep && !icount_enabled()) {
        error_setg(errp, "lockstep=on needs '-icount', such as "
                   "'-icount shift=0,sleep=off'");
        return;
    }
    if (s->lockstep && s->faults.line_latency_nanoseconds > 0) {
        /* Time stands still while all cores wait for a line. */
        error_setg(errp, "line-latency does not go with lockstep=on");
        return;
    }
    if (s->turn > NANOSECONDS_PER_SECOND) {
        error_setg(errp, "turn=%" PRIu64 " is longer than a second", s->turn);
        return;
    }
    if (s->lockstep && (s->replay_path || s->replay_end > 0)) {
        /* Its frames wait for a clock that stands still. */
        error_setg(errp, "replay and replay-end do not go with lockstep=on");
        return;
    }
    if (!parse_interrupt_order(s, errp)) {
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
    if (!lauberhorn_open_replay(s, errp) || !lauberhorn_open_records(s, errp)
        || !lauberhorn_open_events(s, errp)
        || !lauberhorn_add_device_tree_node(s, errp)) {
        lauberhorn_close_replay(s);
        lauberhorn_close_records(s);
        lauberhorn_close_events(s);
        lauberhorn_model_destroy(s->model);
        return;
    }

    lauberhorn_init_outputs(s);
    lauberhorn_init_network(s);
    if (s->lockstep) {
        lauberhorn_init_lockstep(s);
    }
    lauberhorn_init_turns(s);
    lauberhorn_init_replay(s);
    lauberhorn_init_idle(s);
    lauberhorn_init_windows(s);
    memory_region_add_subregion(get_system_memory(), s->lines_base, &s->lines);
    memory_region_add_subregion(get_system_memory(), s->registers_base,
                                &s->registers);
    lauberhorn_init_counters(s);
    /* A device on no bus is reset by nobody else. */
    qemu_register_reset(reset, s);
}

static void unrealize(DeviceState *dev)
{
    LauberhornState *s = LAUBERHORN(dev);

    qemu_unregister_reset(reset, s);
    lauberhorn_exit_counters(s);
    memory_region_del_subregion(get_system_memory(), &s->registers);
    memory_region_del_subregion(get_system_memory(), &s->lines);
    if (s->lockstep) {
        lauberhorn_exit_lockstep(s);
    }
    lauberhorn_exit_idle(s);
    lauberhorn_exit_replay(s);
    lauberhorn_exit_network(s);
    lauberhorn_reset_outputs(s);
    lauberhorn_close_records(s);
    lauberhorn_close_events(s);
    lauberhorn_model_destroy(s->model);
}

static void instance_init(Object *obj)
{
    LauberhornState *s = LAUBERHORN(obj);

    s->address = g_strdup("10.0.2.15");
    s->interrupt_order = g_strdup("interrupt-first");
    object_property_add_uint64_ptr(obj, "violations", &s->violations,
                                   OBJ_PROP_FLAG_READ);
    lauberhorn_add_counter_properties(obj);
}

static Property properties[] = {
    DEFINE_NIC_PROPERTIES(LauberhornState, nic_conf),
    DEFINE_PROP_STRING("address", LauberhornState, address),
    DEFINE_PROP_UINT16("endpoints", LauberhornState, endpoints, 4096),
    DEFINE_PROP_UINT16("processes", LauberhornState, processes, 65),
    DEFINE_PROP_UINT32("services", LauberhornState, services, 2048),
    DEFINE_PROP_UINT64("stall-limit", LauberhornState, stall_limit,
                       15 * SCALE_MS),
    DEFINE_PROP_UINT64("lines-base", LauberhornState, lines_base,
                       LAUBERHORN_LINES_BASE),
    DEFINE_PROP_UINT64("registers-base", LauberhornState, registers_base,
                       LAUBERHORN_REGISTERS_BASE),
    DEFINE_PROP_STRING("calls", LauberhornState, calls_path),
    DEFINE_PROP_STRING("trace", LauberhornState, trace_path),
    DEFINE_PROP_BOOL("lockstep", LauberhornState, lockstep, false),
    DEFINE_PROP_UINT64("turn", LauberhornState, turn, 10 * SCALE_US),
    DEFINE_PROP_UINT16("held-loads", LauberhornState, held_loads, 0),
    DEFINE_PROP_BOOL("colours", LauberhornState, colours, true),
    DEFINE_PROP_BOOL("answers-during-fetch", LauberhornState,
                     answers_during_fetch, true),
    DEFINE_PROP_STRING("counters", LauberhornState, counters_path),
    DEFINE_PROP_STRING("view", LauberhornState, view_path),
    DEFINE_PROP_STRING("replay", LauberhornState, replay_path),
    DEFINE_PROP_UINT64("replay-end", LauberhornState, replay_end, 0),
    DEFINE_PROP_UINT64("seed", LauberhornState, faults.seed, 0),
    DEFINE_PROP_UINT64("line-latency", LauberhornState,
                       faults.line_latency_nanoseconds, 0),
    DEFINE_PROP_UINT32("evictions", LauberhornState,
                       faults.evictions_per_million, 0),
    DEFINE_PROP_UINT32("early-tryagain", LauberhornState,
                       faults.early_try_agains_per_million, 0),
    DEFINE_PROP_STRING("interrupt-order", LauberhornState, interrupt_order),
    DEFINE_PROP_UINT32("receive-drop", LauberhornState,
                       faults.received.drop_per_million, 0),
    DEFINE_PROP_UINT32("receive-corrupt", LauberhornState,
                       faults.received.corrupt_per_million, 0),
    DEFINE_PROP_UINT32("receive-reorder", LauberhornState,
                       faults.received.reorder_per_million, 0),
    DEFINE_PROP_UINT32("receive-duplicate", LauberhornState,
                       faults.received.duplicate_per_million, 0),
    DEFINE_PROP_UINT32("send-drop", LauberhornState,
                       faults.sent.drop_per_million, 0),
    DEFINE_PROP_UINT32("send-corrupt", LauberhornState,
                       faults.sent.corrupt_per_million, 0),
    DEFINE_PROP_UINT32("send-reorder", LauberhornState,
                       faults.sent.reorder_per_million, 0),
    DEFINE_PROP_UINT32("send-duplicate", LauberhornState,
                       faults.sent.duplicate_per_million, 0),
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
    { "trace", "file to write events to (Kernel/Tracing)" },
    { "lockstep", "frames wait until all cores are halted (with -icount)" },
    { "turn", "nanoseconds that a core runs while others wait (with -icount)" },
    { "held-loads", "loads that are held at most; 0: any number (R16)" },
    { "colours", "loads that would share a colour are not held (R16)" },
    { "answers-during-fetch", "calls do not wait for responses (R17)" },
    { "counters", "file to write all counters to when QEMU ends" },
    { "view", "file for what the NIC knows of the kernel when QEMU ends" },
    { "replay", "pcap file of frames that come at the times it says" },
    { "replay-end", "nanosecond of virtual time at which QEMU ends" },
    { "seed", "of the faults" },
    { "line-latency", "nanoseconds that a load which misses waits" },
    { "evictions", "lines that cores evict, per million accesses" },
    { "early-tryagain", "TRYAGAINs at once, per million loads to be held" },
    { "interrupt-order", "interrupt-first, answer-first or random" },
    { "receive-drop", "frames lost, per million" },
    { "receive-corrupt", "frames with a wrong bit, per million" },
    { "receive-reorder", "frames that another overtakes, per million" },
    { "receive-duplicate", "frames that come twice, per million" },
    { "send-drop", "replies lost, per million" },
    { "send-corrupt", "replies with a wrong bit, per million" },
    { "send-reorder", "replies that another overtakes, per million" },
    { "send-duplicate", "replies sent twice, per million" },
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
