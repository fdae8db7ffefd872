/*
 * The model's counters: properties to read, and a file when QEMU ends; another
 * file then for what the NIC knows of the kernel.
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
static bool write_counters(const LauberhornState *s, FILE *file)
{
    const char *name;

    for (unsigned int i = 0; (name = lauberhorn_model_counter_name(i)); i++) {
        if (fprintf(file, "%s %" PRIu64 "\n", name,
                    lauberhorn_model_counter(s->model, i)) < 0) {
            return false;
        }
    }
    return true;
}

static bool write_view(const LauberhornState *s, FILE *file)
{
    char text[256];

    for (unsigned int i = 0;
         lauberhorn_model_view_line(s->model, i, text, sizeof(text)); i++) {
        if (fprintf(file, "%s\n", text) < 0) {
            return false;
        }
    }
    return true;
}

static void write_file(const LauberhornState *s, const char *path,
                       bool (*write)(const LauberhornState *, FILE *))
{
    FILE *file;
    bool failed;

    if (!path) {
        return;
    }
    file = fopen(path, "w");
    failed = !file || !write(s, file);
    if (file && fclose(file) != 0) {
        failed = true;
    }
    if (failed) {
        error_report("lauberhorn: cannot write '%s': %s", path,
                     strerror(errno));
    }
}

static void write_files(Notifier *notifier, void *data)
{
    LauberhornState *s = container_of(notifier, LauberhornState,
                                      exit_notifier);

    write_file(s, s->counters_path, write_counters);
    write_file(s, s->view_path, write_view);
}

void lauberhorn_init_counters(LauberhornState *s)
{
    if (s->counters_path || s->view_path) {
        s->exit_notifier.notify = write_files;
        qemu_add_exit_notifier(&s->exit_notifier);
    }
}

void lauberhorn_exit_counters(LauberhornState *s)
{
    if (s->counters_path || s->view_path) {
        qemu_remove_exit_notifier(&s->exit_notifier);
    }
}
