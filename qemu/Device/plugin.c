/*
 * The plug-in half: how the device gets into a stock QEMU, and what it counts.
 *
 * QEMU's `-plugin` loads this object before it creates the machine's devices,
 * so the device's type can be registered here; first it makes sure that the
 * structures it was compiled with are those of the QEMU that loads it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "hw/boards.h"
#include "hw/sysbus.h"
#include "lauberhorn-qemu-version.h"
#include "qapi/qapi-commands-control.h"
#include "qemu/error-report.h"
#include "qemu/qemu-plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

LauberhornCounts lauberhorn_counts[LAUBERHORN_MAX_CORES];

static bool count_instructions = true;

bool lauberhorn_counts_instructions(void)
{
    return count_instructions;
}

/* The version gates. */

/*
 * "Debian 1:7.2+dfsg-7+deb12u18+b3" is a rebuild (+b3) of the source package
 * 1:7.2+dfsg-7+deb12u18, and has the same headers.
 */
static bool is_version_of_headers(const char *package)
{
    g_autofree char *version =
        g_regex_escape_string(LAUBERHORN_QEMU_SOURCE_VERSION, -1);
    g_autofree char *pattern =
        g_strdup_printf("(^|[ (])%s(\\+b[0-9]+)?\\)?$", version);

    return g_regex_match_simple(pattern, package, 0, 0);
}

static bool check_version(void)
{
    g_autoptr(VersionInfo) version = qmp_query_version(NULL);

    if (!is_version_of_headers(version->package)) {
        error_report("lauberhorn: the headers are for the QEMU package %s, "
                     "this QEMU is %" PRId64 ".%" PRId64 ".%" PRId64 " (%s): "
                     "run 'make doctor'", LAUBERHORN_QEMU_SOURCE_VERSION,
                     version->qemu->major, version->qemu->minor,
                     version->qemu->micro, version->package);
        return false;
    }
    return true;
}

/* Every type whose structure the device embeds, extends or looks into. */
static bool check_structures(void)
{
    static const struct {
        const char *type;
        size_t size;
    } known[] = {
        { TYPE_OBJECT, sizeof(Object) },
        { TYPE_DEVICE, sizeof(DeviceState) },
        { TYPE_SYS_BUS_DEVICE, sizeof(SysBusDevice) },
        { TYPE_MEMORY_REGION, sizeof(MemoryRegion) },
        { TYPE_MACHINE, sizeof(MachineState) },
        { TYPE_CPU, sizeof(CPUState) },
        { TYPE_ARM_CPU, sizeof(ARMCPU) },
        { TYPE_ARM_GICV3_COMMON, sizeof(GICv3State) },
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        size_t size;

        if (!object_class_by_name(known[i].type)) {
            error_report("lauberhorn: this QEMU has no type %s: load the "
                         "plug-in into qemu-system-aarch64", known[i].type);
            return false;
        }
        size = object_type_get_instance_size(known[i].type);
        if (size != known[i].size) {
            error_report("lauberhorn: the headers are for %s, where type %s "
                         "has %zu bytes; in this QEMU it has %zu: "
                         "run 'make doctor'", LAUBERHORN_QEMU_SOURCE_VERSION,
                         known[i].type, known[i].size, size);
            return false;
        }
    }
    return true;
}

/* Counting. */

static void count_in_user_mode(unsigned int vcpu, void *instructions)
{
    LauberhornCounts *counts = &lauberhorn_counts[vcpu];

    counts->instructions += GPOINTER_TO_UINT(instructions);
    counts->in_user_mode = true;
}

static void count_in_kernel_mode(unsigned int vcpu, void *instructions)
{
    LauberhornCounts *counts = &lauberhorn_counts[vcpu];

    counts->instructions += GPOINTER_TO_UINT(instructions);
    counts->kernel_entries += counts->in_user_mode;
    counts->in_user_mode = false;
}

/*
 * Whether control always goes to the next instruction: data processing, by
 * the main encoding table of A64 (ARM DDI 0487, C4.1), bits 28:25.
 */
static bool goes_on(const struct qemu_plugin_insn *instruction)
{
    uint32_t group = extract32(ldl_le_p(qemu_plugin_insn_data(instruction)),
                               25, 4);

    return (group & 0xe) == 0x8        /* 100x: immediate */
        || (group & 0x7) == 0x5;       /* x101: register */
}

/*
 * Exact at every access: at each instruction that can leave the block, a load
 * above all, and at the last, a callback counts it and those before it that
 * are not counted yet. A count per block would not do: a block that a held
 * load leaves would be counted whole, and again when it restarts.
 *
 * Whether a block runs in EL0 is known here although version 1 of the plug-in
 * interface does not say so: a block is translated by the vCPU that is about
 * to run it, and QEMU keys blocks by exception level among others, so all
 * that ever run this one run it in the level that this vCPU is in now. The
 * address would tell less: the same block serves all virtual addresses of a
 * page, the kernel's low ones at start-up among them.
 */
static void count_block(struct qemu_plugin_tb *block)
{
    size_t length = qemu_plugin_tb_n_insns(block);
    CPUARMState *env = &ARM_CPU(current_cpu)->env;
    qemu_plugin_vcpu_udata_cb_t callback =
        arm_current_el(env) == 0 ? count_in_user_mode : count_in_kernel_mode;
    unsigned int uncounted = 0;

    for (size_t i = 0; i < length; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block,
                                                                       i);

        uncounted++;
        if (i + 1 < length && is_a64(env) && goes_on(instruction)) {
            continue;
        }
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, callback,
                                               QEMU_PLUGIN_CB_NO_REGS,
                                               GUINT_TO_POINTER(uncounted));
        uncounted = 0;
    }
}

static void translated_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    size_t length = qemu_plugin_tb_n_insns(block);

    if (is_a64(&ARM_CPU(current_cpu)->env)) {
        for (size_t i = 0; i < length; i++) {
            lauberhorn_watch_barrier(qemu_plugin_tb_get_insn(block, i));
            lauberhorn_watch_wait(qemu_plugin_tb_get_insn(block, i));
        }
    }
    if (count_instructions) {
        count_block(block);
    }
    lauberhorn_limit_turn(block);
}

/* Loading. */

static bool parse_argument(const char *argument)
{
    g_auto(GStrv) words = g_strsplit(argument, "=", 2);

    if (g_strcmp0(words[0], "count") != 0) {
        error_report("lauberhorn: unknown plug-in argument '%s'; there is "
                     "'count=on|off'", argument);
        return false;
    }
    if (!qemu_plugin_bool_parse(words[0], words[1], &count_instructions)) {
        error_report("lauberhorn: plug-in argument '%s': 'on' or 'off' "
                     "expected", argument);
        return false;
    }
    return true;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
                                           const qemu_info_t *info,
                                           int argc, char **argv)
{
    if (!info->system_emulation || strcmp(info->target_name, "aarch64") != 0) {
        error_report("lauberhorn: works in qemu-system-aarch64 only");
        return 1;
    }
    if (!check_version() || !check_structures()) {
        return 1;
    }
    for (int i = 0; i < argc; i++) {
        if (!parse_argument(argv[i])) {
            return 1;
        }
    }
    if (info->system.max_vcpus > LAUBERHORN_MAX_CORES) {
        error_report("lauberhorn: the machine has %d cores; at most %d",
                     info->system.max_vcpus, LAUBERHORN_MAX_CORES);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated_block);
    lauberhorn_register_type();
    return 0;
}
