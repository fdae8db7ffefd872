/*
 * The model's counters: properties to read, and a file when QEMU ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "sysemu/sysemu.h"

static void get_counter(Object *obj, Visitor *visitor, const char *name,
                        void *opaque, Error **errp)
{
    LauberhornState *s = LAUBERHORN(obj);
    uint64_t value = s->model
        ? lauberhorn_model_counter(s->model, GPOINTER_TO_UINT(opaque)) : 0;

    visit_type_uint64(visitor, name, &value, errp);
}

void lauberhorn_add_counter_properties(Object *obj)
{
    const char *name;

    for (unsigned int i = 0; (name = lauberhorn_model_counter_name(i)); i++) {
        g_autofree char *property = g_strdup_printf("counter-%s", name);

        object_property_add(obj, property, "uint64", get_counter, NULL, NULL,
                            GUINT_TO_POINTER(i));
    }
}

/* One line a counter: its name, a space, its value. */
static void write_counters(Notifier *notifier, void *data)
{
    LauberhornState *s = container_of(notifier, LauberhornState,
                                      exit_notifier);
    FILE *file = fopen(s->counters_path, "w");
    bool failed = !file;
    const char *name;

    for (unsigned int i = 0;
         !failed && (name = lauberhorn_model_counter_name(i)); i++) {
        failed = fprintf(file, "%s %" PRIu64 "\n", name,
                         lauberhorn_model_counter(s->model, i)) < 0;
    }
    if (file && fclose(file) != 0) {
        failed = true;
    }
    if (failed) {
        error_report("lauberhorn: cannot write '%s': %s", s->counters_path,
                     strerror(errno));
    }
}

void lauberhorn_init_counters(LauberhornState *s)
{
    if (s->counters_path) {
        s->exit_notifier.notify = write_counters;
        qemu_add_exit_notifier(&s->exit_notifier);
    }
}

void lauberhorn_exit_counters(LauberhornState *s)
{
    if (s->counters_path) {
        qemu_remove_exit_notifier(&s->exit_notifier);
    }
}
